import assert from 'node:assert/strict';
import { test } from 'node:test';
import { command } from '../machine/command.ts';
import { MemoryMachine } from '../machine/memory.ts';
import { simulated, simulatedWorld } from './world.ts';

const counter = simulated({
  name: 'counter',
  fresh: () => ({ count: 0 }),
  programs: (state) => ({ count: ({ argv }) => ({ stdout: `${argv.join(' ')} ${++state.count}` }) }),
  snapshot: ({ count }) => String(count),
});

const on = (world: ReturnType<typeof simulatedWorld>) =>
  new MemoryMachine({ name: 'web1', claim: new AbortController().signal, log: { append: async () => {} } }, world);

test('a simulated program is found by name, by path and behind sudo, and keeps its state in the world', async () => {
  const world = simulatedWorld([counter]);
  world.sudoIsFree = true;
  const before = world.snapshot();
  assert.equal((await on(world).run(command`count a`)).stdout, 'count a 1');
  assert.equal((await on(world).run(command`/usr/bin/count b`)).stdout, '/usr/bin/count b 2');
  assert.equal((await on(world).run(command`sudo -n -u www-data -- count c`)).stdout, 'count c 3');
  assert.deepEqual(world.ran, ['count a', '/usr/bin/count b', 'sudo -n -u www-data -- count c']);
  assert.notEqual(world.snapshot(), before);
});

test('each simulated world is a server of its own', async () => {
  const [one, other] = [simulatedWorld([counter]), simulatedWorld([counter])];
  await on(one).run(command`count`);
  await on(one).write('/var/aegir/config/x', 'x', { mode: '0644' });
  assert.equal(other.snapshot(), simulatedWorld([counter]).snapshot());
});
