import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addPlatform, endTasks, furnished, setStatus } from '../../tests/kit/hub.ts';
import { terminal } from '../../tests/kit/terminal.ts';

test('a site is cloned, migrated, renamed, moved and updated by verbs of their own', async (t) => {
  const made = await furnished(t);
  await addPlatform(made, 'd10-new');
  const { site } = await made.good('POST', '/api/sites', { name: 'example.com', platform: 'd10' });
  await endTasks(made);
  await setStatus(made, 'site', 'example.com', 'enabled');
  const { run } = await terminal(t, made);
  const asked = async (...argv: readonly string[]) => {
    const { code, out, err } = await run([...argv, '--no-wait', '--json']);
    assert.equal(code, 0, `${argv.join(' ')}: ${err}`);
    const { task } = JSON.parse(out);
    await made.good('POST', `/api/tasks/${task.id}/cancel`);
    return [task.name, task.subject.name, task.args];
  };
  const of = (name: string, args: object) => [name, 'example.com', args];
  assert.deepEqual(await asked('site', 'clone', 'example.com', 'test.example.com', '--platform', 'd10-new'), [
    'site clone',
    'test.example.com',
    { source: site.id },
  ]);
  assert.deepEqual(
    await asked('site', 'migrate', '@example.com', '@platform_d10-new', '--rehearse'),
    of('site migrate', { platform: '@platform_d10-new', rehearse: true, despiteErrors: false }),
  );
  assert.deepEqual(
    await asked('site', 'rename', 'example.com', 'New.example.com', '--keep-old', 'alias', '--keep-directory'),
    of('site rename', { name: 'new.example.com', keepOld: 'alias', keepDirectory: true }),
  );
  assert.deepEqual(
    await asked('site', 'update', 'example.com'),
    of('site update', { rehearse: false, despiteErrors: false }),
  );
  await made.good('POST', '/api/servers', { name: 'db2', services: [{ type: 'db', engine: 'mysql' }] });
  assert.deepEqual(
    await asked('site', 'move', 'example.com', '--db-server', 'db2'),
    of('site move', { dbServer: 'db2' }),
  );
  assert.match((await run(['site', 'move', 'example.com', '--db-server', 'master'])).err, /on master already/);
  for (const verb of ['clone', 'migrate', 'rename', 'move', 'update'])
    assert.match((await run(['site', verb, '--help'])).out, /Examples:\n {2}aegir site /, verb);
  const { code, err } = await run(['site', 'migrate', 'example.com']);
  assert.equal(code, 2);
  assert.match(err, /platform/);
});
