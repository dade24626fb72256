import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskEvent } from '../model/event.ts';
import { Problem } from '../model/problem.ts';
import type { OpenStep, OpenTask } from '../tasks/task-type.ts';
import { type Control, pretend, run } from './run.ts';

const never = new AbortController().signal;
const goOn: Control = { claim: never, stop: () => undefined, undoing: () => {} };

/** A task whose steps and undos write down that they ran; `fails` throws for those it names. */
function task(
  names: readonly string[],
  fails: (what: string) => boolean = () => false,
  forward: readonly string[] = [],
) {
  const ran: string[] = [];
  const events: TaskEvent[] = [];
  const act = async (what: string): Promise<void> => {
    ran.push(what);
    if (fails(what)) throw new Problem('command-failed', `${what} failed`);
  };
  const steps = names.map(
    (name): OpenStep => ({
      name,
      run: async () => {
        await act(name);
        return { [name]: true };
      },
      undo: forward.includes(name) ? 'forward' : () => act(`undo ${name}`),
    }),
  );
  const opened: OpenTask = { check: () => act('check'), steps, done: () => ({}), failed: () => ({}) };
  const log = { append: async (event: TaskEvent): Promise<void> => void events.push(event) };
  return { ran, events, opened, log };
}

test('steps run in order, and what they found out is the result', async () => {
  const { ran, opened, log } = task(['a', 'b']);
  assert.deepEqual(await run(opened, log, [], goOn), { status: 'done', result: { a: true, b: true } });
  assert.deepEqual(ran, ['check', 'a', 'b']);
});

test('a check that refuses ends the task before anything was done', async () => {
  const { ran, opened, log } = task(['a'], (what) => what === 'check');
  assert.equal((await run(opened, log, [], goOn)).status, 'failed');
  assert.deepEqual(ran, ['check']);
});

test('the step that failed is undone first, then those before it', async () => {
  const { ran, opened, log } = task(['a', 'b', 'c'], (what) => what === 'b');
  assert.equal((await run(opened, log, [], goOn)).status, 'failed');
  assert.deepEqual(ran, ['check', 'a', 'b', 'undo b', 'undo a']);
});

test('an undo that fails is tried again, and then the task is stuck with the undos before it not tried', async () => {
  let times = 0;
  const once = task(['a', 'b'], (what) => what === 'b' || (what === 'undo b' && times++ === 0));
  assert.equal((await run(once.opened, once.log, [], goOn)).status, 'failed');
  assert.deepEqual(once.ran, ['check', 'a', 'b', 'undo b', 'undo b', 'undo a']);
  const always = task(['a', 'b'], (what) => what.endsWith('b'));
  assert.equal((await run(always.opened, always.log, [], goOn)).status, 'stuck');
  assert.deepEqual(always.ran.slice(-3), ['undo b', 'undo b', 'undo b']);
});

test('an undo, or a step that cannot be undone, waits for a server that is away, for a while', async () => {
  const pauses: number[] = [];
  const away = { mostMs: 20_000, pause: async (ms: number) => void pauses.push(ms) };
  const gone = (what: string, times: number) => {
    let left = times;
    return (name: string): boolean => {
      if (name === what && left-- > 0) throw new Problem('server-unreachable', 'db1 does not answer');
      return name === 'b';
    };
  };
  const back = task(['a', 'b'], gone('undo b', 3));
  assert.equal((await run(back.opened, back.log, [], { ...goOn, away })).status, 'failed');
  assert.deepEqual(back.ran.slice(-5), ['undo b', 'undo b', 'undo b', 'undo b', 'undo a']);
  assert.equal(pauses.length, 3);
  assert.equal(back.events.filter(({ type }) => type === 'note').length, 1);

  const forth = task(['a', 'drop'], gone('drop', 3), ['drop']);
  assert.equal((await run(forth.opened, forth.log, [], { ...goOn, away })).status, 'done');

  pauses.length = 0;
  const never = task(['a', 'b'], gone('undo b', 100));
  assert.equal((await run(never.opened, never.log, [], { ...goOn, away })).status, 'stuck');
  assert.equal(pauses.length, 4);

  const first = task(['a', 'c'], gone('c', 1));
  assert.equal((await run(first.opened, first.log, [], { ...goOn, away })).status, 'failed');
  assert.ok(first.ran.includes('undo a'), 'what can be put back is not waited for');
});

test('past a step that cannot be undone the task only goes forward, and is stuck when that does not help', async () => {
  let times = 0;
  const once = task(['a', 'drop', 'b'], (what) => what === 'drop' && times++ === 0, ['drop', 'b']);
  assert.equal((await run(once.opened, once.log, [], goOn)).status, 'done');
  assert.deepEqual(once.ran, ['check', 'a', 'drop', 'drop', 'b']);
  const always = task(['a', 'drop'], (what) => what === 'drop', ['drop']);
  assert.equal((await run(always.opened, always.log, [], goOn)).status, 'stuck');
  assert.ok(!always.ran.includes('undo a'));
});

test('a task that is told to stop stops between two steps, puts everything back, and says why', async () => {
  const { ran, opened, log } = task(['a', 'b']);
  const stop = () => (ran.includes('a') ? new Problem('cancelled', 'somebody asked') : undefined);
  assert.equal((await run(opened, log, [], { ...goOn, stop })).status, 'cancelled');
  assert.deepEqual(ran, ['check', 'a', 'undo a']);
});

test('a worker whose claim is lost neither undoes nor writes', async () => {
  const claim = new AbortController();
  const { ran, events, opened, log } = task(['a', 'b'], (what) => {
    if (what === 'b') claim.abort(new Error('lost'));
    return what === 'b';
  });
  await assert.rejects(run(opened, log, [], { ...goOn, claim: claim.signal }), /lost/);
  assert.deepEqual(ran, ['check', 'a', 'b']);
  assert.equal(events.at(-1)?.type, 'step.started');
});

test('a dry run does check and steps, and undoes nothing', async () => {
  const { ran, opened, log } = task(['a', 'b'], (what) => what === 'b');
  assert.equal((await pretend(opened, log, goOn)).status, 'failed');
  assert.deepEqual(ran, ['check', 'a', 'b']);
});
