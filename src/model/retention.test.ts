import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { expired, type Kept, retention } from './retention.ts';

/** '1 2026-01-01T00:00Z' is a backup, with ' pinned' one that is pinned. */
const parse = (line: string): Kept => {
  const [id = '', at = '', pinned] = line.split(' ');
  return { id, at: new Date(at), pinned: pinned === 'pinned' };
};

const cases: readonly {
  readonly what: string;
  readonly rule: Parameters<typeof retention.parse>[0];
  readonly backups: readonly string[];
  readonly expired: readonly string[];
}[] = [
  { what: 'no backup', rule: { last: 1 }, backups: [], expired: [] },
  {
    what: 'the last two, whatever order they are given in',
    rule: { last: 2 },
    backups: ['2 2026-01-02T00:00Z', '1 2026-01-01T00:00Z', '4 2026-01-04T00:00Z', '3 2026-01-03T00:00Z'],
    expired: ['2', '1'],
  },
  {
    what: 'fewer than are kept',
    rule: { last: 5 },
    backups: ['1 2026-01-01T00:00Z', '2 2026-01-02T00:00Z'],
    expired: [],
  },
  {
    what: 'the newest stays when only months are kept and its month has it',
    rule: { monthly: 1 },
    backups: ['1 2026-01-01T00:00Z', '2 2026-01-31T00:00Z', '3 2026-01-31T00:01Z'],
    expired: ['2', '1'],
  },
  {
    what: 'of two in one moment the one that was asked for later',
    rule: { last: 1 },
    backups: ['9 2026-01-01T00:00Z', '10 2026-01-01T00:00Z'],
    expired: ['9'],
  },
  {
    what: 'one a day: the newest of each, and days without one are not counted',
    rule: { daily: 2 },
    backups: ['1 2026-01-01T08:00Z', '2 2026-01-10T08:00Z', '3 2026-01-10T20:00Z', '4 2026-01-20T08:00Z'],
    expired: ['2', '1'],
  },
  {
    what: 'weeks begin on Monday and go on over the new year',
    rule: { weekly: 2 },
    // 2026-12-28 is a Monday, 2027-01-03 the Sunday of the same week.
    backups: ['1 2026-12-27T12:00Z', '2 2026-12-28T12:00Z', '3 2027-01-03T12:00Z', '4 2027-01-04T12:00Z'],
    expired: ['2', '1'],
  },
  {
    what: 'months of two years are two',
    rule: { monthly: 2 },
    backups: ['1 2025-01-15T00:00Z', '2 2026-01-15T00:00Z', '3 2025-06-15T00:00Z'],
    expired: ['1'],
  },
  {
    what: 'all rules hold at once',
    rule: { last: 1, daily: 2, weekly: 2, monthly: 2 },
    backups: [
      '1 2026-01-05T00:00Z', // newest of its month
      '2 2026-02-02T00:00Z', // nothing: the week's newest is 3
      '3 2026-02-07T00:00Z', // newest of the week before
      '4 2026-02-09T00:00Z', // newest of the day before
      '5 2026-02-10T08:00Z', // nothing
      '6 2026-02-10T09:00Z', // the last
    ],
    expired: ['5', '2'],
  },
  {
    what: 'a pinned one stays and takes no other one’s place',
    rule: { last: 1 },
    backups: ['1 2026-01-01T00:00Z pinned', '2 2026-01-02T00:00Z', '3 2026-01-03T00:00Z', '4 2026-01-04T00:00Z pinned'],
    expired: ['2'],
  },
  {
    what: 'the day is that of the time zone: 23:30 and 00:30 in Berlin are one day in UTC',
    rule: { daily: 5, timeZone: 'Europe/Berlin' },
    backups: ['1 2026-01-01T22:30Z', '2 2026-01-01T23:30Z'],
    expired: [],
  },
  {
    what: '… and in UTC one of them goes',
    rule: { daily: 5 },
    backups: ['1 2026-01-01T22:30Z', '2 2026-01-01T23:30Z'],
    expired: ['1'],
  },
  {
    what: 'a day of 25 hours, when the clock is set back, is one day',
    rule: { daily: 1, timeZone: 'Europe/Berlin' },
    // 2026-10-25 begins at 22:00Z and ends at 23:00Z of the next day.
    backups: ['1 2026-10-24T22:00Z', '2 2026-10-25T22:59Z'],
    expired: ['1'],
  },
  {
    what: 'a day of 23 hours is one day',
    rule: { daily: 2, timeZone: 'Europe/Berlin' },
    backups: ['1 2026-03-28T22:59Z', '2 2026-03-28T23:00Z', '3 2026-03-29T21:59Z'],
    expired: ['2'],
  },
  {
    what: 'a week begins on Monday of the time zone',
    rule: { weekly: 5, timeZone: 'Pacific/Auckland' },
    // Monday 2026-06-01 begins there at 12:00Z of Sunday.
    backups: ['1 2026-05-31T11:59Z', '2 2026-05-31T12:00Z', '3 2026-06-01T12:00Z'],
    expired: ['2'],
  },
  {
    what: 'a month ends in the time zone',
    rule: { monthly: 5, timeZone: 'America/Los_Angeles' },
    backups: ['1 2026-02-01T07:59Z', '2 2026-02-01T08:00Z', '3 2026-03-01T07:59Z'],
    expired: ['2'],
  },
  {
    what: 'a place that skipped a whole day (Samoa, 2011-12-30)',
    rule: { daily: 5, timeZone: 'Pacific/Apia' },
    backups: ['1 2011-12-30T09:59Z', '2 2011-12-30T10:00Z'],
    expired: [],
  },
  {
    what: 'before 1970',
    rule: { weekly: 2 },
    backups: ['1 1969-12-28T00:00Z', '2 1969-12-29T00:00Z', '3 1970-01-04T00:00Z'],
    expired: ['2'],
  },
];

for (const { what, rule, backups, expired: wanted } of cases)
  test(`retention: ${what}`, () => {
    assert.deepEqual(expired(backups.map(parse), retention.parse(rule)), wanted);
  });

const anyBackups = fc
  .array(
    fc.tuple(fc.date({ min: new Date('2020-01-01'), max: new Date('2026-12-31'), noInvalidDate: true }), fc.boolean()),
  )
  .map((all) => all.map(([at, pinned], index): Kept => ({ id: String(index + 1), at, pinned })));
const anyRule = fc
  .record({ last: fc.nat(5), daily: fc.nat(5), weekly: fc.nat(5), monthly: fc.nat(5) })
  .filter((rule) => Object.values(rule).some((count) => count > 0))
  .map((rule) => retention.parse({ ...rule, timeZone: 'Europe/Berlin' }));

test('retention: whatever there is, the newest and the pinned stay, and a second time nothing more goes', () => {
  fc.assert(
    fc.property(anyBackups, anyRule, (backups, rule) => {
      const gone = new Set(expired(backups, rule));
      const loose = backups.filter(({ pinned }) => !pinned);
      const newest = loose.toSorted((a, b) => b.at.getTime() - a.at.getTime() || Number(b.id) - Number(a.id))[0];
      assert.ok(newest === undefined || !gone.has(newest.id));
      assert.ok(backups.every(({ id, pinned }) => !pinned || !gone.has(id)));
      const rest = backups.filter(({ id }) => !gone.has(id));
      assert.deepEqual(expired(rest, rule), []);
      assert.ok(loose.length - gone.size <= Math.max(rule.last, 1) + rule.daily + rule.weekly + rule.monthly);
    }),
  );
});

test('retention: a rule that keeps nothing, or a place that is none, is refused', () => {
  assert.equal(retention.safeParse({}).success, false);
  assert.equal(retention.safeParse({ last: 1, timeZone: 'Mars/Olympus' }).success, false);
  assert.equal(retention.safeParse({ last: -1, daily: 3 }).success, false);
});
