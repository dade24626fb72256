import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProblemJson } from './problem.ts';
import { nextTurn, refusedTurn, type StagedMove } from './staged-move.ts';

const start = new Date('2030-01-10T12:00:00Z');
const after = (minutes: number): Date => new Date(start.getTime() + minutes * 60_000);
const problem: ProblemJson = { code: 'application-failed', message: 'the test wants it', causes: [] };
const fresh: StagedMove = {
  ...{ stage: 'lower', stageAt: start, dueAt: start, endsAt: null, ttlSeconds: 60, lowerSeconds: 86_400 },
  ...{ watchSeconds: 3600, rememberedSeconds: 7200, frontPage: null, ending: 'done', failures: 0 },
  task: { status: 'none' },
};
const well = { ttlBefore: 60, ttl: 60, missing: [], frontPage: 200 };

test('what is not to be seen is looked at often in the beginning, once an hour later, and for a week', () => {
  let move = fresh;
  let looks = 0;
  for (let minutes = 0; move.stage === 'lower'; minutes++) {
    assert.ok(minutes < 8 * 24 * 60);
    const turn = nextTurn(move, after(minutes));
    if (!turn) continue;
    if (turn.wish === 'look') looks += 1;
    const task =
      turn.wish === null ? { status: 'none' as const } : { status: 'done' as const, seen: { missing: ['one'] } };
    move = { ...move, ...turn, task };
  }
  assert.equal(move.ending, 'failed');
  assert.ok(looks > 100 && looks < 250, `${looks} looks`);
});

test('a look that fails is tried three times, a minute later each time at least', () => {
  let move = fresh;
  const asked: number[] = [];
  for (let minutes = 0; move.stage === 'lower' && minutes < 100; minutes++) {
    const turn = nextTurn(move, after(minutes));
    if (!turn) continue;
    if (turn.wish === 'look') asked.push(minutes);
    move = { ...move, ...turn, task: turn.wish === null ? { status: 'none' } : { status: 'failed', problem } };
  }
  assert.deepEqual([move.stage, move.ending, asked.length], ['raise', 'failed', 3]);
  assert.ok(
    asked.every((minute, at) => at === 0 || minute > (asked[at - 1] ?? 0)),
    asked.join(),
  );
});

test('a watch ends with a look that was due at its end, however long no hub was there', () => {
  const watched: StagedMove = {
    ...fresh,
    stage: 'watch',
    endsAt: after(60),
    dueAt: after(15),
    task: { status: 'done', seen: well },
  };
  const late = nextTurn(watched, after(1000));
  assert.deepEqual([late?.stage, late?.dueAt], ['watch', after(60)]);
  assert.equal(nextTurn({ ...watched, dueAt: after(60) }, after(1000))?.stage, 'raise');
});

test('a move waits for others a day at most, and fails at once of what is wrong with itself', () => {
  const moving: StagedMove = { ...fresh, stage: 'move' };
  const busy: ProblemJson = { ...problem, code: 'wrong-status' };
  assert.deepEqual(
    [refusedTurn(moving, busy, after(60)).stage, refusedTurn(moving, busy, after(60)).dueAt],
    ['move', after(65)],
  );
  assert.deepEqual(
    [refusedTurn(moving, busy, after(1441)).stage, refusedTurn(moving, problem, start).ending],
    ['raise', 'failed'],
  );
});
