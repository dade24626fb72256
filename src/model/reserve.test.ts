import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isOpen, windowEdge, windowOf } from './queue.ts';
import {
  buildingMax,
  buildPauseMs,
  forecast,
  isUsable,
  type Move,
  nextMove,
  planReserve,
  type ReserveRules,
  type Spare,
  type SpareState,
} from './reserve.ts';

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
const rules: ReserveRules = { full: 4, emergency: 1, lifeMs: 23 * hour, window: windowOf('22:00-04:00 Europe/Berlin') };
/** In January the window opens at 21:00 UTC and closes at 03:00. */
const noon = new Date('2030-01-10T12:00:00Z');
const night = new Date('2030-01-10T23:30:00Z');
const later = (at: Date, ms: number): Date => new Date(at.getTime() + ms);

let last = 0;
const spare = (state: SpareState, more: Partial<Spare> = {}): Spare => ({
  ...{ id: String(++last), state, createdAt: noon, stale: false, flushed: false, site: 'enabled', failures: 0 },
  ...{ claimed: ['claimed', 'renaming', 'done'].includes(state), handedOver: state === 'renaming', named: false },
  ...{ task: 'done', mended: null, heldUntil: null },
  ...more,
});
const ready = (count: number, more: Partial<Spare> = {}): readonly Spare[] =>
  Array.from({ length: count }, () => spare('ready', more));
const next = (one: Spare, at: Date = noon, own: ReserveRules = rules): Partial<Move> | null => {
  const found = nextMove(one, own, at);
  if (found === null) return null;
  const { to, wish, failures, ended } = found;
  return { to, ...(wish !== null && { wish }), ...(failures > 0 && { failures }), ...(ended && { ended }) };
};
const built = (spares: readonly Spare[], at: Date, own: ReserveRules = rules): number =>
  planReserve(own, spares, at).build;

test('outside of the window the emergency size is kept, in it the full one, across midnight', () => {
  for (const [clock, want] of [
    ['2030-01-10T20:59:00Z', 1],
    ['2030-01-10T21:00:00Z', 2],
    ['2030-01-10T23:59:59Z', 2],
    ['2030-01-11T00:00:00Z', 2],
    ['2030-01-11T02:59:00Z', 2],
    ['2030-01-11T03:00:00Z', 1],
  ] as const)
    assert.equal(built([], new Date(clock)), want, clock);
  assert.equal(buildingMax, 2);
  assert.equal(built(ready(1), noon), 0);
  assert.equal(built(ready(1), night), 2);
  assert.equal(built([...ready(2, { createdAt: night }), spare('building', { task: 'outstanding' })], night), 1);
  assert.equal(built(ready(4, { createdAt: night }), night), 0);
  assert.equal(
    built([...ready(2, { createdAt: night }), ...[1, 2].map(() => spare('building', { task: 'outstanding' }))], night),
    0,
  );
});

test('the window follows the clocks when they change, in spring and in autumn', () => {
  const own = { ...rules, window: windowOf('01:00-04:00 Europe/Berlin') };
  const opens = (from: string): string => windowEdge(own.window, new Date(from)).toISOString();
  assert.equal(opens('2030-03-29T12:00:00Z'), '2030-03-30T00:00:00.000Z');
  assert.equal(opens('2030-03-30T12:00:00Z'), '2030-03-31T00:00:00.000Z');
  assert.equal(opens('2030-03-31T00:30:00Z'), '2030-03-31T02:00:00.000Z', 'two hours long in the night of spring');
  assert.equal(opens('2030-03-31T12:00:00Z'), '2030-03-31T23:00:00.000Z');
  assert.equal(opens('2030-10-26T23:30:00Z'), '2030-10-27T03:00:00.000Z', 'four hours long in that of autumn');
  for (let at = Date.parse('2030-03-01T00:00:00Z'); at < Date.parse('2030-12-01T00:00:00Z'); at += 17 * minute) {
    const now = new Date(at);
    const edge = windowEdge(own.window, now);
    assert.ok(edge > now && edge.getTime() - at <= 26 * hour, now.toISOString());
    assert.equal(isOpen(own.window, later(edge, minute)), !isOpen(own.window, now), now.toISOString());
    assert.equal(built([], now, own), isOpen(own.window, now) ? 2 : 1);
  }
  // Every night has one window, and what expired by day is replaced in it.
  const old = spare('ready', { createdAt: new Date('2030-03-30T00:10:00Z') });
  assert.equal(next(old, new Date('2030-03-30T23:30:00Z'), own), null);
  assert.deepEqual(next(old, new Date('2030-03-31T00:00:00Z'), own), { to: 'expired', wish: 'delete' });
});

test('a spare past its life time is given to nobody, and deleted in the window; with 0 it lives for ever', () => {
  const old = spare('ready', { createdAt: later(noon, -24 * hour) });
  assert.equal(isUsable(old, rules, noon), false);
  assert.equal(next(old), null);
  assert.deepEqual(next(old, night), { to: 'expired', wish: 'delete' });
  assert.equal(built([old], noon), 1, 'it does not count');
  const forEver = { ...rules, lifeMs: 0 };
  const ancient = spare('ready', { createdAt: later(noon, -3000 * day) });
  assert.equal(isUsable(ancient, forEver, noon), true);
  assert.equal(next(ancient, night, forEver), null);
});

test('where the full size is the emergency size, what was asked for is replaced at once', () => {
  const own = { ...rules, full: 2, emergency: 2 };
  assert.equal(built(ready(2), noon, own), 0);
  assert.equal(built([...ready(1), spare('claimed', { task: 'outstanding' })], noon, own), 1);
  assert.equal(built([], noon, { ...own, full: 0, emergency: 0 }), 0);
});

test('surplus spares go in the window, the oldest first, and stale ones are given to nobody', () => {
  const aged = [5, 4, 3, 2, 1, 0].map((hours) => spare('ready', { createdAt: later(noon, -hours * hour) }));
  assert.deepEqual(planReserve(rules, aged, noon).moves, []);
  const plan = planReserve(rules, aged, later(noon, 10 * hour));
  assert.deepEqual(
    [plan.moves.map(({ id }) => id).toSorted(), plan.build],
    [
      aged
        .slice(0, 2)
        .map(({ id }) => id)
        .toSorted(),
      0,
    ],
  );
  const stale = ready(2, { stale: true, createdAt: night });
  assert.equal(isUsable(stale[0] ?? assert.fail(), rules, night), false);
  const replaced = planReserve(rules, stale, night);
  assert.deepEqual([replaced.moves.length, replaced.build], [2, 2]);
  assert.equal(planReserve(rules, stale, noon).moves.length, 0);
  assert.deepEqual(
    next(spare('ready', { flushed: true })),
    { to: 'expired', wish: 'delete' },
    'a flush waits for nothing',
  );
});

test('a spare is built, or fails and is cleaned away in the window', () => {
  assert.equal(next(spare('building', { task: 'outstanding' })), null);
  assert.deepEqual(next(spare('building')), { to: 'ready' });
  assert.deepEqual(next(spare('building', { task: 'failed', site: 'other' })), { to: 'failed' });
  assert.deepEqual(next(spare('building', { task: 'failed', site: 'deleted' })), { to: 'expired', ended: true });
  assert.equal(next(spare('failed', { site: 'other' })), null);
  assert.deepEqual(next(spare('failed', { site: 'other' }), night), { to: 'expired', wish: 'delete' });
  assert.equal(built([spare('building', { task: 'failed', site: 'other' })], noon), 1, 'it is not what is missing');
  assert.deepEqual(
    [0, 1, 2, 5, 7, 90].map((failures) => buildPauseMs(failures) / minute),
    [0, 1, 2, 16, 60, 60],
  );
});

test('one that was asked for while it is built is handed over when it is', () => {
  const own: Partial<Spare> = { claimed: true };
  assert.deepEqual(next(spare('building', own)), { to: 'claimed', wish: 'hand over' });
  assert.deepEqual(next(spare('building', { ...own, task: 'failed', site: 'other' })), { to: 'failed' });
  assert.equal(next(spare('failed', { ...own, site: 'other' }), night), null, 'a person has to look');
  assert.deepEqual(next(spare('failed', { ...own, mended: 'cloned' })), { to: 'claimed', wish: 'hand over' });
  assert.equal(built([...ready(1), spare('building', { ...own, task: 'outstanding' })], noon), 0);
  assert.equal(built([spare('building', { ...own, task: 'outstanding' })], noon), 1, 'it is nobody else’s spare');
});

test('one that was claimed is handed over, and renamed when no one is looking', () => {
  assert.equal(next(spare('claimed', { task: 'outstanding' }), night), null);
  assert.deepEqual(next(spare('claimed', { task: 'failed' })), { to: 'claimed', wish: 'hand over', failures: 1 });
  assert.deepEqual(next(spare('claimed', { task: 'failed', failures: 3 })), { to: 'failed' });
  const handed = nextMove(spare('claimed'), rules, night) ?? assert.fail();
  assert.deepEqual([handed.to, handed.handedOver, handed.wish], ['claimed', true, null]);
  assert.equal(next(spare('claimed', { handedOver: true })), null, 'by day it stays');
  assert.deepEqual(next(spare('claimed', { handedOver: true }), night), { to: 'renaming', wish: 'rename' });
  assert.deepEqual(next(spare('claimed', { handedOver: true, named: true })), { to: 'done', ended: true });
  assert.equal(next(spare('renaming', { task: 'outstanding' }), night), null);
  assert.deepEqual(next(spare('renaming', { named: true }), night), { to: 'done', ended: true });
  const failed = nextMove(spare('renaming', { task: 'failed' }), rules, night) ?? assert.fail();
  assert.deepEqual(
    [failed.to, failed.failures, failed.heldUntil?.toISOString()],
    ['claimed', 1, '2030-01-11T03:00:00.000Z'],
  );
  const waiting = spare('claimed', { handedOver: true, failures: 1, heldUntil: failed.heldUntil });
  assert.equal(next(waiting, later(night, hour)), null, 'not again in the same window');
  assert.deepEqual(next(waiting, later(night, day)), { to: 'renaming', wish: 'rename', failures: 1 });
  assert.deepEqual(next(spare('renaming', { task: 'failed', failures: 3 }), night), { to: 'failed' });
  assert.deepEqual(next(spare('failed', { claimed: true, handedOver: true, named: true })), {
    to: 'done',
    ended: true,
  });
  for (const state of ['claimed', 'renaming'] as const)
    assert.deepEqual(next(spare(state, { site: 'deleted' })), { to: 'done', ended: true });
});

test('what is to be deleted is tried until it is gone, ever later', () => {
  assert.equal(next(spare('expired', { task: 'outstanding' })), null);
  assert.deepEqual(next(spare('expired', { site: 'deleted' })), { to: 'expired', ended: true });
  const tried = nextMove(spare('expired', { task: 'failed', failures: 4 }), rules, noon) ?? assert.fail();
  assert.deepEqual([tried.wish, tried.failures, tried.heldUntil], ['delete', 5, later(noon, 16 * minute)]);
});

test('whatever a spare is like, one that somebody has asked for is never to be deleted, and nothing else given away', () => {
  const any = fc.record({
    id: fc.constant('1'),
    state: fc.constantFrom<SpareState>('building', 'ready', 'claimed', 'renaming', 'done', 'expired', 'failed'),
    createdAt: fc.date({ min: later(noon, -3 * day), max: noon, noInvalidDate: true }),
    ...{
      claimed: fc.boolean(),
      handedOver: fc.boolean(),
      named: fc.boolean(),
      stale: fc.boolean(),
      flushed: fc.boolean(),
    },
    site: fc.constantFrom<Spare['site']>('enabled', 'deleted', 'other'),
    task: fc.constantFrom<Spare['task']>('none', 'outstanding', 'done', 'failed'),
    mended: fc.constantFrom<Spare['mended']>(null, 'cloned', 'handed over'),
    failures: fc.integer({ min: 0, max: 9 }),
    heldUntil: fc.constant(null),
  });
  // As the checks of the table have it.
  const possible = any.filter(({ state, claimed }) =>
    claimed ? state !== 'ready' && state !== 'expired' : !['claimed', 'renaming', 'done'].includes(state),
  );
  fc.assert(
    fc.property(possible, fc.constantFrom(noon, night), (one, at) => {
      const moves = planReserve(rules, [one], at).moves;
      assert.ok(moves.length <= 1);
      const [move] = moves;
      if (!move) return;
      if (one.claimed) assert.ok(move.wish !== 'delete' && move.to !== 'expired' && move.to !== 'ready');
      else
        assert.ok(
          move.wish !== 'rename' && move.wish !== 'hand over' && !['claimed', 'renaming', 'done'].includes(move.to),
        );
      if (one.task === 'outstanding' && one.state !== 'ready')
        assert.equal(one.state === 'claimed' && (one.handedOver || one.site === 'deleted'), true);
    }),
    { numRuns: 5000 },
  );
});

test('it is foretold when it runs dry, from the demand and the hours until it is filled', () => {
  const of = (usable: number, asked: number, at = noon) => forecast(rules, { usable, asked, overMs: 14 * day }, at);
  assert.deepEqual(of(4, 0), { perDay: 0, dryAt: null });
  assert.deepEqual(of(4, 14), { perDay: 1, dryAt: null }, 'filled every night');
  assert.deepEqual(of(1, 14 * 4), { perDay: 4, dryAt: later(noon, 6 * hour) }, 'nine hours until the window');
  assert.deepEqual(
    of(4, 14 * 8),
    { perDay: 8, dryAt: later(noon, 9 * hour + 12 * hour) },
    'a full one lasts half a day',
  );
  assert.deepEqual(of(0, 1, night).perDay, 1 / 14);
});
