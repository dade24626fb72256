import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { z } from 'zod';
import { testMachine } from '../../tests/kit/applications.ts';
import { holdersOf, isAlive, until } from '../../tests/kit/machines.ts';
import { openDirectory } from '../../tests/kit/web.ts';
import type { Machine } from '../machine/machine.ts';
import { Problem } from '../model/problem.ts';
import { scriptText } from './scripts.ts';
import { callTool, type ToolCall } from './tool.ts';

// The script 'remove' stands for all of them, as what it has done is seen at once. The test takes their lock as tasks do.

/** A site's directory with a file in it; the platform is two above. */
async function siteWithFile(t: TestContext): Promise<string> {
  const { path, remove } = await openDirectory('aegir-alone');
  t.after(remove);
  await putSite(`${path}/sites/site`);
  return `${path}/sites/site`;
}

async function putSite(directory: string): Promise<void> {
  await mkdir(`${directory}/files`, { recursive: true });
  await chmod(`${directory}/files`, 0o777);
  await writeFile(`${directory}/files/photo`, 'x');
}

const ours = { timeoutMs: 60_000, effect: 'changes' } as const;

const removeFiles = (machine: Machine, directory: string, more: Partial<ToolCall> = {}): Promise<unknown> => {
  const input = { path: `${directory}/files`, inside: directory };
  return callTool(machine, 'www-data', 'remove', input, z.unknown(), { ...ours, ...more });
};

const photos = (directory: string): Promise<readonly string[]> => readdir(`${directory}/files`);

test('who wants to be alone with a site waits for who is, with a limit; others do not', async (t) => {
  const directory = await siteWithFile(t);
  const { machine } = testMachine();
  let waiting: Promise<unknown> | undefined;
  await machine.exclusively(directory, async () => {
    await assert.rejects(removeFiles(machine, directory, { alone: { directory, waitMs: 200 } }), (error) => {
      assert.ok(error instanceof Problem && error.code === 'timeout', String(error));
      assert.match(
        `${error.message} ${error.hint}`,
        new RegExp(`still at work in ${directory} .*fuser -v ${directory}`),
      );
      return true;
    });
    waiting = removeFiles(machine, directory, { alone: { directory, waitMs: 600_000 } });
    await until(() => holdersOf(directory, 'php').length > 0);
    assert.deepEqual(await photos(directory), ['photo']);
    await removeFiles(machine, directory);
    assert.deepEqual(await photos(directory), []);
    await putSite(directory);
  });
  await waiting;
  assert.deepEqual(await photos(directory), []);
});

test('a script whose worker is gone when its turn comes does not begin', async (t) => {
  const directory = await siteWithFile(t);
  const { machine } = testMachine();
  const php = spawn('sudo', ['-n', '-u', 'www-data', 'php'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = once(php, 'exit');
  await machine.exclusively(directory, async () => {
    const input = { path: `${directory}/files`, inside: directory, seconds: 600 };
    php.stdin.end(scriptText('remove', { ...input, alone: { directory, waitMs: 600_000 } }));
    await until(() => holdersOf(directory, 'php').length > 0);
    php.stdout.destroy();
  });
  await gone;
  assert.deepEqual(await photos(directory), ['photo']);
});

test('who waits for a directory that is moved away meanwhile waits for the one that takes its place', async (t) => {
  const directory = await siteWithFile(t);
  const { machine } = testMachine();
  const [locked, free] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holding = machine.exclusively(directory, () => {
    locked.resolve();
    return free.promise;
  });
  await locked.promise;
  const waiting = removeFiles(machine, directory, { alone: { directory, waitMs: 600_000 } });
  await until(() => holdersOf(directory, 'php').length > 0);
  const old = `${directory}-old`;
  await rename(directory, old);
  await putSite(directory);
  await machine.exclusively(directory, async () => {
    free.resolve();
    await holding;
    await until(() => holdersOf(directory, 'php').length > 0);
    assert.deepEqual(await photos(directory), ['photo']);
  });
  await waiting;
  assert.deepEqual([await photos(directory), await photos(old)], [[], ['photo']]);
});

test('what a site starts and leaves running keeps nobody waiting', async (t) => {
  const directory = await siteWithFile(t);
  const left = `${directory}/files/left`;
  await writeFile(`${directory}/settings.php`, `<?php exec('sleep 1000 >/dev/null 2>&1 & echo $! >${left}');`);
  const root = directory.replace('/sites/site', '');
  const site = { root, directory: 'site', host: 'a.com', port: null, scheme: 'http', database: {} };
  const how = { ...ours, alone: { directory, waitMs: 600_000 } };
  const status = callTool(testMachine().machine, 'www-data', 'drupal status', { site }, z.unknown(), how);
  await assert.rejects(status, /the settings name no database/);
  const pid = (await readFile(left, 'utf8')).trim();
  assert.ok(isAlive(pid));
  assert.deepEqual(holdersOf(directory), []);
  process.kill(Number(pid), 'SIGKILL');
});
