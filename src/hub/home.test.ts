import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answered, furnished, setStatus, testHub } from '../../tests/kit/hub.ts';
import { seedFarm } from '../../tests/kit/seeded-farm.ts';

test('the figures of the home page add up', async (t) => {
  const { good, databaseUrl } = await testHub(t);
  await seedFarm(databaseUrl, { sites: 500, tasks: 300, eventsOfTask: 10 });
  const home = await good('GET', '/api/home');
  const sum = (items: readonly Answered[], key: string): number => items.reduce((all, one) => all + one[key], 0);
  const inUse = 500 - Math.floor(500 / 97);
  assert.equal(sum(home.versions, 'sites'), inUse);
  assert.equal(sum(home.backupAges, 'sites'), inUse);
  assert.equal(sum(home.servers, 'sites'), inUse);
  assert.equal(home.hours.length, 48);
  // The newest of 300 tasks is two minutes old, one was begun each 40 seconds: all are in the last two days. And one is stuck.
  assert.equal(sum(home.hours, 'done') + sum(home.hours, 'failed'), 300 + 1);
  const failed = home.hours.find(({ failed: count }: { failed: number }) => count > 0);
  assert.ok(failed.waitedMs >= 0);
  const kinds = home.attention.map(({ kind, noun }: { kind: string; noun: string }) => `${kind} ${noun}`);
  for (const one of ['stuck task', 'failed platform', 'failed task', 'stopped batch', 'bad backup backup'])
    assert.ok(kinds.includes(one), `${one} is not in ${kinds.join()}`);
});

test('an empty hub has nothing that needs somebody', async (t) => {
  const { good } = await testHub(t);
  const home = await good('GET', '/api/home');
  assert.deepEqual([home.attention, home.versions, home.servers], [[], [], []]);
});

test('a failed site needs somebody, a deleted one does not', async (t) => {
  const made = await furnished(t);
  await made.good('POST', '/api/sites', { name: 'example.com', platform: 'd10' });
  const names = async () => (await made.good('GET', '/api/home')).attention.map(({ name }: { name: string }) => name);
  await setStatus(made, 'site', 'example.com', 'failed');
  assert.deepEqual(await names(), ['example.com']);
  await setStatus(made, 'site', 'example.com', 'deleted');
  assert.deepEqual(await names(), []);
});
