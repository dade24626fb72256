import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFile, copyFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { LocalMachine } from '../../machine/local.ts';
import type { LogPosition } from '../../model/requests.ts';
import { readRequests } from './requests.ts';

/** A log in a directory of its own, and a reader that goes on where it was. */
async function logOf(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'aegir-requests-'));
  t.after(() => rm(directory, { recursive: true }));
  const log = { append: async () => undefined };
  const machine = new LocalMachine({ name: 'here', log, claim: new AbortController().signal });
  const path = join(directory, 'nginx-access.log');
  let positions: readonly LogPosition[] = [];
  let number = 0;
  const line = (host: string, time: string, agent = 'curl'): string =>
    `${host} 192.0.2.1 - - [${time}] "GET /${number++} HTTP/1.1" 200 10 "-" "${agent}"\n`;
  return {
    path,
    visits: (host: string, times = 1, time = '2026-11-28T18:30:00+00:00', agent?: string) =>
      appendFile(path, Array.from({ length: times }, () => line(host, time, agent)).join('')),
    async read(): Promise<Record<string, number> | null> {
      const found = await readRequests(machine, path, positions);
      if (found === null) return null;
      positions = found.positions;
      const sums: Record<string, number> = {};
      for (const { host, requests } of found.counts) sums[host] = (sums[host] ?? 0) + requests;
      return sums;
    },
    counts: async () => (await readRequests(machine, path, []))?.counts,
  };
}

test('each line is counted once, for the host name that it begins with', async (t) => {
  const { visits, read } = await logOf(t);
  assert.equal(await read(), null, 'there is no log yet');
  await visits('a.example.com', 3);
  await visits('B.example.com', 2);
  assert.deepEqual(await read(), { 'a.example.com': 3, 'b.example.com': 2 });
  assert.deepEqual(await read(), {});
  await visits('a.example.com');
  assert.deepEqual(await read(), { 'a.example.com': 1 });
});

test('hours are those of UTC, whatever zone the server writes, and our own visits do not count', async (t) => {
  const { visits, counts } = await logOf(t);
  await visits('a.example.com', 1, '2026-11-29T00:30:00+01:00');
  await visits('b.example.com', 1, '2026-11-28T20:30:00-0500');
  await visits('a.example.com', 5, '2026-11-28T20:30:00+00:00', 'aegir');
  const found = ((await counts()) ?? []).map(({ host, at }) => `${host} ${at}`).toSorted();
  assert.deepEqual(found, ['a.example.com 2026-11-28T23:00:00.000Z', 'b.example.com 2026-11-29T01:00:00.000Z']);
});

test('a line that is being written is counted when it is whole', async (t) => {
  const { path, visits, read } = await logOf(t);
  await visits('a.example.com');
  await appendFile(path, 'a.example.com 192.0.2.1 - - [2026-11-28T18:30:00+00:00] "GET /half');
  assert.deepEqual(await read(), { 'a.example.com': 1 });
  await appendFile(path, ' HTTP/1.1" 200 10 "-" "curl"\n');
  assert.deepEqual(await read(), { 'a.example.com': 1 });
});

const rotations: Readonly<Record<string, (path: string) => Promise<void>>> = {
  moved: async (path) => {
    await rename(path, `${path}.1`);
    await writeFile(path, '');
  },
  'copied and cut off': async (path) => {
    await copyFile(path, `${path}.1`);
    await truncate(path);
  },
};
for (const [how, rotate] of Object.entries(rotations))
  test(`no line is lost or counted twice when the log is ${how}`, async (t) => {
    const { path, visits, read } = await logOf(t);
    await visits('a.example.com', 3);
    await read();
    await visits('a.example.com', 2);
    await rotate(path);
    assert.deepEqual(await read(), { 'a.example.com': 2 }, 'and nothing in the new one yet');
    await visits('a.example.com', 10);
    assert.deepEqual(await read(), { 'a.example.com': 10 });
    await visits('a.example.com', 4);
    // Two rotations, of which the first is compressed, between two looks.
    await rename(`${path}.1`, `${path}.2`);
    execFileSync('gzip', [`${path}.2`]);
    await rotate(path);
    await visits('a.example.com', 20);
    await rename(`${path}.2.gz`, `${path}.3.gz`);
    await rename(`${path}.1`, `${path}.2`);
    execFileSync('gzip', [`${path}.2`]);
    await rotate(path);
    await visits('a.example.com', 100);
    assert.deepEqual(await read(), { 'a.example.com': 124 });
    assert.deepEqual(await read(), {});
  });

test('what is still written into a log that was moved away is counted too', async (t) => {
  const { path, visits, read } = await logOf(t);
  await visits('a.example.com');
  await read();
  await rotations['moved']?.(path);
  await visits('b.example.com');
  assert.deepEqual(await read(), { 'b.example.com': 1 });
  await appendFile(
    `${path}.1`,
    'a.example.com 192.0.2.1 - - [2026-11-28T18:30:00+00:00] "GET /late HTTP/1.1" 200 1 "-" "x"\n',
  );
  assert.deepEqual(await read(), { 'a.example.com': 1 });
});

test('while a log is being copied, its lines are not counted from the copy', async (t) => {
  const { path, visits, read } = await logOf(t);
  await visits('a.example.com', 3);
  await copyFile(path, `${path}.1`);
  assert.deepEqual(await read(), { 'a.example.com': 3 });
  await visits('a.example.com', 2);
  assert.deepEqual(await read(), { 'a.example.com': 2 });
});

test('what is not in the form of the log does no harm', async (t) => {
  const { path, visits, read } = await logOf(t);
  await writeFile(path, `\0\xff\n\n   \n${'x'.repeat(20_000)}\n"' [2026-99-99T99:99:99+00:00] \n`);
  await visits('a.example.com');
  assert.deepEqual(await read(), { 'a.example.com': 1 });
});
