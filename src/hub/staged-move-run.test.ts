import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { dying } from '../../tests/kit/dying-hub.ts';
import type { TestHub } from '../../tests/kit/hub.ts';
import { after, begun, day, limit, migrates, where, withSite, work } from '../../tests/kit/staged-moves.ts';
import { runStagedMoves } from './staged-move-run.ts';

const stagesAsked = async ({ hub }: TestHub): Promise<readonly string[]> => {
  const { rows } = await sql<{ stage: string }>`
    select stage from staged_move_task where stage <> 'watch' order by task_id`.execute(hub.database.db);
  return rows.map(({ stage }) => stage);
};

test('a hub that dies between any two statements of any stage has done all of it or nothing, and each thing once', async (t) => {
  const made = await withSite(t);
  await begun(made, { watchSeconds: 0 });
  let cuts = 0;
  const seen = new Set<string>();
  for (let minutes = 0; (await where(made)) !== 'done'; minutes += 60) {
    seen.add(await where(made));
    for (let step = 0, died = true; died; step++) {
      const { hub, left } = dying(made.hub, step);
      await runStagedMoves(hub, after(minutes)).catch(() => undefined);
      died = left() < 0;
      cuts += died ? 1 : 0;
    }
    await work(made);
    assert.ok(minutes < 3 * day, 'it comes to an end');
  }
  assert.deepEqual([...seen], ['lower', 'wait', 'move', 'watch', 'raise']);
  assert.deepEqual(
    [await stagesAsked(made), await migrates(made), await limit(made)],
    [['lower', 'move', 'raise'], 1, null],
  );
  assert.ok(cuts > 50, `${cuts} power cuts`);
  t.diagnostic(`${cuts} power cuts`);
});

test('two hubs at once ask for each thing once', async (t) => {
  const made = await withSite(t);
  await begun(made, { watchSeconds: 0 });
  for (let minutes = 0; (await where(made)) !== 'done'; minutes += day) {
    await Promise.all([1, 2, 3].map(() => runStagedMoves(made.hub, after(minutes))));
    await work(made);
    assert.ok(minutes < 9 * day, 'it comes to an end');
  }
  assert.deepEqual([await stagesAsked(made), await migrates(made)], [['lower', 'move', 'raise'], 1]);
});
