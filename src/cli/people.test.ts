import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testHub } from '../../tests/kit/hub.ts';
import { terminal } from '../../tests/kit/terminal.ts';

test('accounts, roles and what people are told of read as a person would say it', async (t) => {
  const { run } = await terminal(t, await testHub(t));
  const good = async (...argv: string[]) => {
    const { code, out, err } = await run(argv);
    assert.equal(code, 0, `${argv.join(' ')}: ${err}`);
    return { out, err };
  };
  const client = await good('client', 'create', 'acme', '--sites-max', '5');
  assert.match(client.out, /^sites max +5\nbackups max +no limit\ndisk max MB +no limit$/m);
  assert.match(client.out, /^usage +0 sites, 0 backups, 0\.0 MB$/m);
  const made = await good('account', 'create', 'ada', '--role', 'administrator', '--invite');
  assert.match(made.out, /^has password +no$/m);
  assert.match(made.out, /^invitation +http:\S+ \(good once, until 2\d{3}-\S+ \S+\)$/m);
  await good('account', 'create', 'bob', '--role', 'client', '--client', 'acme');
  const members = (await good('membership', 'list')).out;
  assert.match(members, /^1 +ada +administrator +the whole hub$/m);
  assert.match(members, /^2 +bob +client +acme$/m);
  assert.deepEqual(await good('membership', 'delete', '2'), { out: 'Deleted membership 2\n', err: '' });
  assert.match((await good('role', 'get', 'administrator')).out, /^permissions +everything$/m);
  // A program takes what is on standard output.
  const invited = await good('account', 'invite', 'bob');
  assert.match(invited.out, /^http:\/\/localhost:8460\/invitation#\S{43}\n$/);
  assert.match(invited.err, /^Good once, until 2\d{3}-/);
  const { out, err } = await good('webhook', 'create', 'https://chat.example.com/', '--account', 'ada');
  assert.match(out, /^url +https:\/\/chat\.example\.com\/$/m);
  assert.match(out, /^secret +whsec_\S+$/m);
  assert.match(err, /shown this once/);
  assert.match(
    (await good('notification', 'choices', '--account', 'ada')).err,
    /^No mails: The hub has no mail server/m,
  );
  assert.equal((await good('session', 'end-others', '--account', 'ada')).out, 'Ended 0 sessions\n');
  const unknown = await run(['role', 'create', 'x', '--permission', 'site explode']);
  assert.match(unknown.err, /^Problem: there is no permission 'site explode'/);
});
