import { sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { Problem } from '../model/problem.ts';
import type { Asked, Handler } from './hub.ts';
import { contains, listPage } from './list.ts';
import { isoOrNull } from './time.ts';

interface QueueRow {
  readonly name: string;
  readonly paused: boolean;
  readonly lastRunAt: Date | null;
}
const answer = (row: QueueRow): Answer<'queue pause'> => ({ ...row, lastRunAt: isoOrNull(row.lastRunAt) });

const list: Handler<'queue list'> = async ({ query }, { tx }) => {
  const page = await listPage<QueueRow>(
    tx,
    {
      columns: sql`queue.name, queue.paused, queue.last_run_at`,
      from: sql`queue`,
      where: [contains(['queue.name'], query.q)],
      keys: [{ column: 'queue.name', type: 'text' }],
    },
    query,
  );
  return { ...page, items: page.items.map(answer) };
};

async function setPaused({ tx }: Asked, name: string, paused: boolean): Promise<Answer<'queue pause'>> {
  const { rows } = await sql<QueueRow>`
    update queue set paused = ${paused} where name = ${name} returning name, paused, last_run_at`.execute(tx);
  if (!rows[0]) throw new Problem('not-found', 'there is no such queue', { hint: 'aegir queue list shows them.' });
  await sql`select pg_notify('task', '')`.execute(tx); // Workers look again at once.
  return answer(rows[0]);
}

const pause: Handler<'queue pause'> = ({ params }, asked) => setPaused(asked, params.name, true);
const resume: Handler<'queue resume'> = ({ params }, asked) => setPaused(asked, params.name, false);

export const queueHandlers = { 'queue list': list, 'queue pause': pause, 'queue resume': resume };
