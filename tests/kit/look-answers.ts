import type { TestContext } from 'node:test';
import { sql } from 'kysely';
import { answerLook, takeLook } from '../../src/hub/look.ts';
import type { Json } from '../../src/model/json.ts';
import type { TestHub } from './hub.ts';

const answers: { readonly [name: string]: Json } = {
  'server load': {
    ...{ load: [0.1, 0.2, 0.3], cpus: 2, uptimeSeconds: 60, disks: [{ path: '/', totalMb: 100, freeMb: 50 }] },
    memory: { totalMb: 100, availableMb: 50, swapTotalMb: 0, swapFreeMb: 0 },
  },
  'server names': { checked: 2, differ: 1, differences: ['www.example.com answers nothing, not A 192.0.2.1'] },
  'site drift': [],
  'platform drift': [],
  'site web-log': { items: [{ at: '2026-11-28T18:00:00.000Z', status: 200, text: 'GET /' }] },
};

/** Looks are answered, as if a worker ran, with the same for every server and every site. */
export async function answersLooks(t: TestContext, { hub: { database } }: TestHub): Promise<void> {
  await sql`insert into worker (name, heartbeat_at) values ('w', now() + interval '1 day')`.execute(database.db);
  const answer = async (): Promise<void> => {
    for (;;) {
      const look = await takeLook(database.db);
      if (!look) return;
      await answerLook(database.db, look.id, { answer: answers[look.name] ?? null, problem: null });
    }
  };
  const unlisten = await database.listen('look', () => void answer());
  t.after(unlisten);
}
