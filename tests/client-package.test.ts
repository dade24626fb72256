import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { furnished } from './kit/hub.ts';
import { terminal } from './kit/terminal.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '..');
const program = (name: string): string => join(root, 'node_modules/.bin', name);

/** A directory of somebody else's program, with the packed client and nothing of ours beside it. */
async function consumer(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'aegir-consumer-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await run(program('tsc'), ['-p', join(root, 'client'), '--outDir', join(directory, 'built')]);
  const inside = join(directory, 'node_modules/@aegir/client');
  await mkdir(inside, { recursive: true });
  await cp(join(root, 'client/package.json'), join(inside, 'package.json'));
  await cp(join(directory, 'built'), join(inside, 'dist'), { recursive: true });
  await symlink(join(root, 'node_modules/zod'), join(directory, 'node_modules/zod'));
  await mkdir(join(directory, 'node_modules/@types'));
  await symlink(join(root, 'node_modules/@types/node'), join(directory, 'node_modules/@types/node'));
  await writeFile(join(directory, 'package.json'), JSON.stringify({ type: 'module' }));
  return directory;
}

const good = `
import { client, Problem } from '@aegir/client';
const [url = '', token = ''] = process.argv.slice(2);
const hub = client({ url, token });
const { items } = await hub.call('platform list', {});
const { site, task } = await hub.call(
  'site create',
  { body: { name: 'shop.example.com', platform: items[0]!.name } },
  { idempotencyKey: 'once' },
);
const again = await hub.call('site create', { body: { name: 'shop.example.com', platform: items[0]!.name } }, { idempotencyKey: 'once' });
const changed = await hub.call('site set', { params: { name: site.name }, body: { title: 'Shop' } }, { ifMatch: site.etag });
const late: unknown = await hub
  .call('site set', { params: { name: site.name }, body: { title: 'Other' } }, { ifMatch: site.etag })
  .catch((error: unknown) => error);
await hub.call('task cancel', { params: { task: task.id } });
let last = '';
for await (const { event } of hub.follow(task.id)) last = event.type;
const said = {
  status: site.status, same: again.task.id === task.id, title: changed.site.title, last,
  late: late instanceof Problem && late.code,
};
console.log(JSON.stringify(said));
`;

const wrong = `
import { client } from '@aegir/client';
const { call } = client({ url: '', token: '' });
await call('site create', { body: { name: 'a.example.com' } });
await call('site explode', {});
const { items } = await call('site list', { query: { status: 'broken' } });
console.log(items[0]!.colour);
`;

test('the client that others install is typed by the same table, and does what the hub promises', async (t) => {
  const { run: aegir, url } = await terminal(t, await furnished(t));
  const directory = await consumer(t);
  const compile = async (name: string, text: string): Promise<string> => {
    await writeFile(join(directory, `${name}.ts`), text);
    const options = ['--strict', '--skipLibCheck', '--target', 'es2024', '--module', 'nodenext', '--types', 'node'];
    return run(program('tsc'), [...options, join(directory, `${name}.ts`)], { cwd: directory }).then(
      () => '',
      ({ stdout }: { stdout: string }) => stdout,
    );
  };
  assert.equal(await compile('good', good), '');
  const complaints = await compile('wrong', wrong);
  for (const complaint of [/platform/, /site explode/, /broken/, /colour/]) assert.match(complaints, complaint);
  assert.equal(complaints.match(/error TS/g)?.length, 4, complaints);

  const token = (await aegir(['token', 'create'])).out.trim();
  const { stdout } = await run(process.execPath, [join(directory, 'good.js'), url, token], { timeout: 60_000 });
  assert.deepEqual(JSON.parse(stdout), {
    ...{ status: 'queued', same: true, title: 'Shop', last: 'task.cancelled', late: 'changed' },
  });
});
