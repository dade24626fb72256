import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BatchRule, batchTurn, type MemberStatus } from './batch.ts';

const rule: BatchRule = { canary: 1, parallel: 3, failuresMax: 2 };
const of = (text: string): MemberStatus[] => {
  const words: Readonly<Record<string, MemberStatus>> = {
    ...{ w: 'waiting', r: 'running', d: 'done', f: 'failed', x: 'refused', c: 'cancelled', s: 'stuck' },
  };
  return [...text].map((letter) => words[letter] ?? 'skipped');
};

const table: readonly (readonly [string, Partial<BatchRule>, string, ReturnType<typeof batchTurn>])[] = [
  ['the canary goes alone', {}, 'wwww', { begin: 1 }],
  ['nobody follows while the canary runs', {}, 'rwww', { begin: 0 }],
  ['when the canary is done the others follow, so many at once', {}, 'dwwww', { begin: 3 }],
  ['as many are begun as there is room for', {}, 'drrwww', { begin: 1 }],
  ['two canaries may go together', { canary: 2 }, 'wwww', { begin: 2 }],
  ['both must be done', { canary: 2 }, 'drww', { begin: 0 }],
  ['no canary at all', { canary: 0 }, 'wwww', { begin: 3 }],
  ['a canary that failed ends it', {}, 'fww', { end: 'stopped', why: 'one of those that went first failed' }],
  ['a canary that was refused proves nothing: the next one goes first', {}, 'xwww', { begin: 1 }],
  ['one failure is allowed', {}, 'dfwww', { begin: 3 }],
  ['two are not, and what runs is finished first', {}, 'dffrw', { begin: 0 }],
  ['then it ends', {}, 'dffdw', { end: 'stopped', why: '2 failed, and 2 were allowed at most' }],
  ['a stuck one is a failure', {}, 'dsfw', { end: 'stopped', why: '2 failed, and 2 were allowed at most' }],
  ['refusals are none', {}, 'dxxxw', { begin: 1 }],
  ['when nobody is left it is done, whatever failed', {}, 'dff', { end: 'done', why: null }],
  ['nobody at all is done too', {}, '', { end: 'done', why: null }],
];

for (const [title, more, members, turn] of table)
  test(`a batch: ${title}`, () => assert.deepEqual(batchTurn({ ...rule, ...more }, of(members), false), turn));

test('a cancelled batch waits for what runs and begins no more', () => {
  assert.deepEqual(batchTurn(rule, of('drrw'), true), { begin: 0 });
  assert.deepEqual(batchTurn(rule, of('dddw'), true), { end: 'cancelled', why: 'it was cancelled' });
});

test('whatever happens to its members, a batch ends, never has too many at once, and stops after enough failures', () => {
  const outcome = fc.constantFrom<MemberStatus>('done', 'failed', 'refused', 'cancelled', 'stuck');
  const rules = fc.record({
    canary: fc.integer({ min: 0, max: 3 }),
    parallel: fc.integer({ min: 1, max: 4 }),
    failuresMax: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(rules, fc.array(outcome, { maxLength: 20 }), (given, outcomes) => {
      const members = outcomes.map((): MemberStatus => 'waiting');
      for (let turn = 0; turn <= outcomes.length * 2 + 1; turn++) {
        const next = batchTurn(given, members, false);
        if ('end' in next) return;
        for (let begun = 0; begun < next.begin; begun++) members[members.indexOf('waiting')] = 'running';
        assert.ok(members.filter((one) => one === 'running').length <= given.parallel);
        const failed = members.filter((one) => ['failed', 'stuck', 'cancelled'].includes(one)).length;
        assert.ok(next.begin === 0 || failed < given.failuresMax);
        const at = members.indexOf('running');
        if (at >= 0) members[at] = outcomes[at] ?? 'done';
      }
      assert.fail('it does not end');
    }),
  );
});
