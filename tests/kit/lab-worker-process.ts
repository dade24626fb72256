import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { HubWithWorker } from './hub-with-worker.ts';

/** A worker in a process of its own, for servers of the lab. Ended after the test at the latest. */
export async function labWorker(t: TestContext, { hub, url }: HubWithWorker): Promise<ChildProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'w-'));
  const key = join(directory, 'key');
  await writeFile(key, hub.sealKey.key, { mode: 0o600 });
  const child = spawn(process.execPath, [join(import.meta.dirname, 'lab-worker.ts')], {
    env: {
      ...{ ...process.env, NODE_TEST_CONTEXT: undefined, DATABASE_URL: url, AEGIR_KEY: key },
      ...{
        AEGIR_SOCKET: join(directory, 'hub.sock'),
        AEGIR_TRANSFERS: join(directory, 'transfers'),
        AEGIR_LOAD_FACTOR: '1000',
      },
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(directory, { recursive: true, force: true });
  });
  return child;
}
