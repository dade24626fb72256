import assert from 'node:assert/strict';
import { test } from 'node:test';
import { period, periodOf, secondsOf } from './period.ts';
import {
  isOpen,
  nextTurn,
  openBetweenMs,
  placeOf,
  type Rhythm,
  turnAfter,
  turnAfterOutage,
  windowOf,
  windowText,
} from './queue.ts';

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
const hourly: Rhythm = { everyMs: hour, window: null };
const daily: Rhythm = { everyMs: day, window: null };
const noon = new Date('2026-03-10T12:00:00Z');
const later = (at: Date, ms: number): Date => new Date(at.getTime() + ms);
const ids = Array.from({ length: 10_000 }, (_, at) => String(at + 1));

/** The most turns of one part of a time, beside the mean. */
function peak(times: readonly Date[], from: Date, lengthMs: number, parts: number): number {
  const counts = Array.from({ length: parts }, () => 0);
  for (const at of times) {
    const part = Math.floor(((at.getTime() - from.getTime()) / lengthMs) * parts);
    if (part >= 0 && part < parts) counts[part] = (counts[part] ?? 0) + 1;
  }
  return Math.max(...counts) / (times.length / parts);
}

test('every run of ids is spread evenly over a period, and so are those of one server of many', () => {
  assert.equal(placeOf('7'), placeOf('7'));
  const next = (id: string): Date => nextTurn(id, hourly, noon);
  assert.ok(peak(ids.map(next), noon, hour, 60) < 1.05);
  for (const step of [2, 3, 5, 8, 13, 20, 64])
    assert.ok(peak(ids.filter((id) => Number(id) % step === 0).map(next), noon, hour, 20) < 1.5, `every ${step}th`);
  const high = ids.map((id) => String(BigInt(id) + 9_000_000_000_000n));
  assert.ok(peak(high.map(next), noon, hour, 60) < 1.05);
});

test('own times are a period apart, wherever one begins to look', () => {
  for (const id of ids.slice(0, 100)) {
    const first = nextTurn(id, hourly, noon);
    assert.ok(first > noon && first.getTime() - noon.getTime() <= hour);
    assert.deepEqual(nextTurn(id, hourly, first), later(first, hour));
    assert.deepEqual(nextTurn(id, hourly, later(first, -1)), first);
    assert.deepEqual(nextTurn(id, hourly, later(first, 30 * minute)), later(first, hour));
  }
});

test('one that began late is next at its own time, one that failed waits twice as long each time, up to a day', () => {
  const own = nextTurn('5', hourly, noon);
  const after = (lateMs: number, lastsMs: number, failures: number): Date => {
    const begunAt = later(own, lateMs);
    return turnAfter('5', hourly, { begunAt, endedAt: later(begunAt, lastsMs), failures });
  };
  assert.deepEqual(after(0, 1000, 0), later(own, hour));
  assert.deepEqual(after(20 * minute, 1000, 0), later(own, hour));
  assert.deepEqual(after(50 * minute, 1000, 0), later(own, 2 * hour), 'not a few minutes after the last one');
  assert.deepEqual(after(0, 90 * minute, 0), later(own, 2 * hour), 'a long one does not pile up');
  assert.deepEqual(after(0, 1000, 1), later(own, 2 * hour));
  assert.deepEqual(after(0, 1000, 3), later(own, 8 * hour));
  assert.deepEqual(after(0, 1000, 500), later(own, day));
  const weekly = { everyMs: 7 * day, window: null };
  const turn = nextTurn('5', weekly, noon);
  assert.deepEqual(turnAfter('5', weekly, { begunAt: turn, endedAt: turn, failures: 9 }), later(turn, 7 * day));
});

test('what was missed while the hub was down is replayed at the pace at which it was missed', () => {
  for (const [downMs, rhythm] of [
    [3 * hour, daily],
    [20 * hour, daily],
    [5 * day, daily],
    [5 * hour, hourly],
    [20 * minute, hourly],
  ] as const) {
    const outage = { from: later(noon, -downMs), to: noon };
    const due = ids.map((id) => [id, nextTurn(id, rhythm, outage.from)] as const);
    const missed = due.filter(([, at]) => at <= noon);
    const again = missed.map(([id, at]) => turnAfterOutage(id, rhythm, at, outage));
    const inTime = Math.min(downMs, rhythm.everyMs);
    assert.ok(again.every((at) => at >= noon && at.getTime() <= noon.getTime() + inTime));
    assert.ok(peak(again, noon, inTime, 10) < 1.2, `${downMs / hour} h`);
  }
});

test('a window may cross midnight, and turns of a day fall evenly into it', () => {
  const window = windowOf('22:00-04:00 Europe/Berlin');
  const at = (text: string): boolean => isOpen(window, new Date(text));
  assert.deepEqual(
    ['20:59', '21:00', '23:30', '02:59', '03:00', '12:00'].map((clock) => at(`2026-01-15T${clock}:00Z`)),
    [false, true, true, true, false, false],
  );
  assert.ok(at('2026-07-15T20:00:00Z') && !at('2026-07-15T02:00:00Z'), 'in summer clocks are ahead by an hour more');
  const rhythm = { everyMs: day, window };
  const times = ids.map((id) => nextTurn(id, rhythm, new Date('2026-01-15T12:00:00Z')));
  assert.ok(peak(times, new Date('2026-01-15T21:00:00Z'), 6 * hour, 36) < 1.1);
  for (const id of ids.slice(0, 50)) {
    const first = nextTurn(id, rhythm, noon);
    assert.ok(isOpen(window, first));
    const second = turnAfter(id, rhythm, { begunAt: first, endedAt: first, failures: 0 });
    assert.equal(second.getTime() - first.getTime(), day);
  }
  assert.equal(openBetweenMs(window, new Date('2026-01-15T03:00:00Z'), new Date('2026-01-15T21:00:00Z')), 0);
});

test('turns in a window stay in it, one a day, when the clocks change', () => {
  const rhythm = { everyMs: day, window: windowOf('01:00-04:00 Europe/Berlin') };
  for (const id of ids.slice(0, 200)) {
    let at = new Date('2026-03-26T12:00:00Z');
    const days = new Set<string>();
    for (let turn = 0; turn < 7; turn++) {
      at = turnAfter(id, rhythm, { begunAt: at, endedAt: at, failures: 0 });
      assert.ok(isOpen(rhythm.window, later(at, 0)) || at.toISOString().startsWith('2026-03-29'), at.toISOString());
      days.add(at.toISOString().slice(0, 10));
    }
    assert.ok(days.size >= 6, [...days].join());
  }
});

test('an hourly queue with a window has its turns in open hours only', () => {
  const rhythm = { everyMs: hour, window: windowOf('08:00-20:00') };
  let at = new Date('2026-05-01T00:00:00Z');
  const times: Date[] = [];
  for (let turn = 0; turn < 24; turn++) {
    at = nextTurn('3', rhythm, at);
    times.push(at);
  }
  assert.ok(times.every((one) => isOpen(rhythm.window, one)));
  assert.equal(new Set(times.slice(0, 12).map((one) => one.getUTCDate())).size, 1);
});

test('periods and windows are read as people write them, and nothing else is', () => {
  for (const [text, seconds] of [
    ['off', 0],
    ['15m', 900],
    ['1h', 3600],
    ['90m', 5400],
    ['7d', 604_800],
  ] as const) {
    assert.equal(secondsOf(period.parse(text)), seconds);
    assert.equal(periodOf(seconds), text);
  }
  assert.equal(periodOf(3600), '1h');
  for (const bad of ['', '0m', '5', '5 m', '-1h', '30s', '999999d', '1w', 'OFF', '1h30m'])
    assert.equal(period.safeParse(bad).success, false, bad);
  for (const good of ['22:00-04:00', '00:00-23:59 Asia/Kolkata']) assert.ok(windowText.safeParse(good).success, good);
  for (const bad of [
    '22-4',
    '24:00-04:00',
    '22:00-22:00',
    '22:00-04:00 Mars/Olympus',
    '22:00-04:00  UTC',
    '22:00-4:00',
  ])
    assert.equal(windowText.safeParse(bad).success, false, bad);
});
