import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chown, lstat, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { testMachine } from '../../tests/kit/applications.ts';
import {
  demandHoles,
  demandOddly,
  fillOddly,
  siteDirectories,
  webId,
  writtenByWeb,
} from '../../tests/kit/travelling-tree.ts';
import { sendTree } from './tree-travel.ts';

const run = promisify(execFile);
/** Of a group that www-data is no member of. */
const gamesId = Number(/^games:[^:]*:(\d+)/m.exec(await readFile('/etc/group', 'utf8'))?.[1]);

/** Two directories of a site, of which each has a machine of its own. */
async function trees(t: TestContext) {
  const directories = await siteDirectories(t);
  const [source, target] = [testMachine().machine, testMachine().machine];
  const since: (number | null)[] = [null, null];
  const tree = { source, target, from: directories.from, to: directories.to };
  return {
    ...directories,
    /** As a task does it: each pass knows when the one before it began. */
    async send() {
      const web = await sendTree('www-data', { ...tree, only: writtenByWeb, except: [], since: since[0] ?? null });
      const ours = await sendTree(null, { ...tree, only: null, except: writtenByWeb, since: since[1] ?? null });
      since.splice(0, 2, web.begun, ours.begun);
      return [web, ours] as const;
    },
  };
}

test('what arrives has content, mode, owner, group and times of what left, whatever it is called', async (t) => {
  const directories = await trees(t);
  const { from, send, same } = directories;
  await fillOddly(directories);
  const [web, ours] = await send();
  assert.deepEqual([web.files, web.skipped, ours.files], [10, ['files/pipe'], 1]);
  await run('rm', [join(from, 'files/pipe')]);
  await same();
  await demandOddly(directories);
  await demandHoles(directories);
});

test('asked again it sends what has changed, however it tries to hide that, and removes what went', async (t) => {
  const { from, to, send, asWeb, same } = await trees(t);
  for (const name of ['stays', 'changes', 'hides', 'goes', 'becomes']) await asWeb('sh', '-c', `echo 1234 >${name}`);
  for (const name of ['stays', 'changes', 'hides', 'goes', 'becomes'])
    await utimes(join(from, 'files', name), 1e9, 1e9);
  await asWeb('mkdir', '-p', 'directory/in/it');
  await asWeb('sh', '-c', 'echo 1 >directory/in/it/file; ln -s one link');
  await send();
  // Until the second of their making is over they are sent again.
  while ((await send())[0].files > 0);
  const stays = await lstat(join(to, 'files/stays'));
  await asWeb(
    'sh',
    '-c',
    'echo 4321 >changes; rm goes; rm -r directory; echo now a file >directory; rm becomes; mkdir becomes; ln -sf two link',
  );
  await writeFile(join(from, 'files/hides'), '5678\n');
  await utimes(join(from, 'files/hides'), 1e9, 1e9);
  const [again] = await send();
  assert.equal(again.files, 3);
  await same();
  assert.equal(await readFile(join(to, 'files/hides'), 'utf8'), '5678\n');
  assert.equal((await lstat(join(to, 'files/stays'))).ctimeMs, stays.ctimeMs);
});

test('what cannot be read, is a link at the top, or does not arrive as it is fails by name', async (t) => {
  const { from, send, asWeb } = await trees(t);
  await writeFile(join(from, 'files/secret'), 'x', { mode: 0o600 });
  await assert.rejects(send(), { code: 'application-failed', message: /files\/secret cannot be read by www-data/ });
  await run('rm', ['-r', join(from, 'files/secret')]);
  // A group that the one who unpacks is no member of.
  await asWeb('sh', '-c', 'echo 1 >adopted');
  await chown(join(from, 'files/adopted'), webId, gamesId);
  await assert.rejects(send(), { code: 'command-failed', message: /adopted: Cannot change ownership/ });
  await run('rm', ['-r', join(from, 'files/adopted')]);
  await run('rm', ['-r', join(from, 'files')]);
  await symlink('/var', join(from, 'files'));
  await assert.rejects(send(), { code: 'conflict', message: /is a link/ });
});

test('a disk that is full where it arrives is a problem of its own, with the server and what to do about it', async (t) => {
  const { to, send, asWeb } = await trees(t);
  await asWeb('sh', '-c', 'head -c 1000000 /dev/urandom >large');
  const files = join(to, 'files');
  await run('mount', ['-t', 'tmpfs', '-o', `size=64k,mode=2770,gid=${webId}`, 'tmpfs', files]);
  try {
    await assert.rejects(send(), {
      code: 'disk-full',
      message: /^cannot unpack in .* on .*: No space left on device$/,
      hint: /^Free some space on /,
    });
  } finally {
    await run('umount', [files]);
  }
});

test('files that come, grow and go while they are on their way stop nobody, and the last pass has them all', async (t) => {
  const { to, send, asWeb, same } = await trees(t);
  await asWeb(
    'sh',
    '-c',
    'mkdir busy; for i in $(seq 500); do echo $i >busy/$i; done; head -c 20000000 /dev/zero >log',
  );
  const stop = new AbortController();
  const writing = (async () => {
    for (let i = 1; !stop.signal.aborted; i++) {
      await asWeb('sh', '-c', `rm -f busy/$(( ${i} % 500 )); echo ${i} >busy/new-${i}; echo more >>log`);
    }
  })();
  await send();
  stop.abort();
  await writing;
  await send();
  await same();
  assert.ok((await readdir(join(to, 'files/busy'))).length > 0);
});
