import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { accessWorld } from '../../tests/kit/access-world.ts';
import { furnished, setStatus, type TestHub } from '../../tests/kit/hub.ts';
import { advanceBatch } from './batch-run.ts';

test('what stands in arguments must be one’s own as well', async (t) => {
  const { hub, things, tokens } = await accessWorld(t);
  const { acme, umbra } = things;
  const mine = { token: tokens.c };
  const task = `/api/sites/${acme.site}/tasks`;
  const restore = (backup: string) => ({ name: 'site restore', args: { backup } });
  await hub.problem('not-found', 'POST', task, restore(umbra.backup), mine);
  const { id } = await hub.good('GET', `/api/sites/${umbra.site}`);
  const plan = `/api/sites/${acme.plan}/tasks`;
  await hub.problem('not-found', 'POST', plan, { name: 'site clone', args: { source: id } }, mine);
  const to = (platform: string) => ({ name: 'site migrate', args: { platform } });
  await hub.problem('not-found', 'POST', task, to(umbra.platform), mine);
  await hub.problem('not-found', 'POST', task, { name: 'site move', args: { dbServer: 'master' } }, mine);
  const batch = { name: 'site verify', sites: [acme.site, umbra.site] };
  await hub.problem('not-found', 'POST', '/api/batches', batch, mine);
  const made = { name: 'new.example.com', platform: umbra.platform };
  await hub.problem('not-found', 'POST', '/api/sites', made, mine);
  await hub.problem('not-found', 'POST', '/api/sites', { ...made, platform: 'd10', client: 'umbra' }, mine);
  await hub.problem(
    'not-found',
    'POST',
    '/api/sites',
    { ...made, platform: 'd10', import: true, backup: umbra.backup },
    mine,
  );
  await hub.problem('not-found', 'PATCH', `/api/sites/${acme.site}`, { client: 'umbra' }, mine);
  await hub.good('POST', task, restore(acme.backup), mine);
});

test('a batch over all that match is over what one may, and goes on only as long as one may', async (t) => {
  const { hub, things, tokens } = await accessWorld(t);
  const mine = { token: tokens.c };
  const { batch } = await hub.good('POST', '/api/batches', { name: 'site verify', matching: {}, canary: 0 }, mine);
  const { items } = await hub.good('GET', `/api/batches/${batch.id}/members`, undefined, mine);
  const names = items.map(({ subject }: { subject: { name: string } }) => subject.name);
  const all = await hub.good('GET', '/api/sites?client=acme');
  assert.deepEqual(names, all.items.map(({ name }: { name: string }) => name).toSorted());
  assert.ok(names.length > 2 && names.includes(things.acme.site), names.join());
  await hub.problem('not-found', 'GET', `/api/batches/${batch.id}`, undefined, { token: (await boss(hub)).token });
  const { items: memberships } = await hub.good('GET', '/api/memberships?account=caller-c');
  await hub.good('DELETE', `/api/memberships/${memberships[0].id}`);
  await advanceBatch(hub.hub, batch.id);
  const after = await hub.good('GET', `/api/batches/${batch.id}/members`);
  assert.deepEqual(
    after.items.map(({ status, problem }: { status: string; problem: { code: string } }) => [status, problem.code]),
    names.map(() => ['refused', 'not-found']),
  );
});

const boss = ({ good }: TestHub) => good('POST', '/api/tokens', { account: 'umbra-boss' });

test('one who may some tasks is told which, and why not the others', async (t) => {
  const { hub, things } = await accessWorld(t);
  await hub.good('POST', '/api/accounts', { name: 'ed', role: 'editor', client: 'acme' });
  const ed = await hub.good('POST', '/api/tokens', { account: 'ed' });
  const { site, failed } = things.acme;
  const { tasks } = await hub.good('GET', `/api/sites/${site}`, undefined, ed);
  const of = (name: string) => tasks.find((task: { name: string }) => task.name === name);
  assert.deepEqual([of('site login').possible, of('site delete').reason], [true, 'Your role editor may not do this.']);
  await hub.good('POST', `/api/sites/${site}/tasks`, { name: 'site login' }, ed);
  const refused = await hub.problem('forbidden', 'POST', `/api/sites/${site}/tasks`, { name: 'site delete' }, ed);
  assert.match(refused.hint, /Your role editor may not/);
  await hub.problem('forbidden', 'POST', `/api/tasks/${failed}/retry`, undefined, ed);
  const { actions } = await hub.good('GET', `/api/tasks/${failed}`, undefined, ed);
  assert.equal(actions[1].reason, 'Your role editor may not do this.');
  await hub.problem('forbidden', 'POST', '/api/batches', { name: 'site verify', sites: [site] }, ed);
  await hub.good('POST', '/api/batches', { name: 'site login', sites: [site] }, ed);
});

test('a task that waits for another’s is told to wait, and not for what', async (t) => {
  const { hub, things, tokens } = await accessWorld(t);
  const { queued } = things.acme;
  await sql`
    insert into lock (key, task_id) select locks[1], ${things.umbra.failed} from task where id = ${queued}`.execute(
    hub.hub.database.db,
  );
  assert.deepEqual((await hub.good('GET', `/api/tasks/${queued}`)).waitsFor, [things.umbra.failed]);
  assert.deepEqual((await hub.good('GET', `/api/tasks/${queued}`, undefined, { token: tokens.c })).waitsFor, []);
});

test('a name that is taken does not say by whom', async (t) => {
  const { hub, things, tokens } = await accessWorld(t);
  const { site } = things.umbra;
  const make = { name: `www.${site}`, platform: 'd10' };
  const taken = await hub.problem('conflict', 'POST', '/api/sites', make, { token: tokens.c });
  assert.match(taken.detail, /belongs to the site of somebody else/);
  assert.match(
    (await hub.problem('conflict', 'POST', '/api/sites', make)).detail,
    /belongs to the site umbra\.example\.com/,
  );
  const rename = { name: 'site rename', args: { name: site } };
  const task = `/api/sites/${things.acme.site}/tasks`;
  const other = await hub.problem('conflict', 'POST', task, rename, { token: tokens.c });
  assert.doesNotMatch(JSON.stringify(other).replaceAll(`"${site}"`, '').replaceAll(`${site} belongs`, ''), /umbra/);
});

test('a platform that was given to some is for no other client, whoever asks', async (t) => {
  const made = await furnished(t);
  const { good, problem } = made;
  for (const name of ['acme', 'other']) await good('POST', '/api/clients', { name });
  await good('POST', '/api/sites', { name: 'a.example.com', platform: 'd10', client: 'acme' });
  await good('POST', '/api/sites', { name: 'o.example.com', platform: 'd10', client: 'other' });
  for (const name of ['a.example.com', 'o.example.com']) await setStatus(made, 'site', name, 'enabled');
  assert.deepEqual((await good('PATCH', '/api/platforms/d10', { clients: ['acme', 'acme'] })).platform.clients, [
    'acme',
  ]);
  const no = await problem('forbidden', 'POST', '/api/sites', {
    name: 'n.example.com',
    platform: 'd10',
    client: 'other',
  });
  assert.match(no.hint, /aegir platform set d10 --client other/);
  await problem('forbidden', 'PATCH', '/api/sites/a.example.com', { client: 'other' });
  await problem('forbidden', 'POST', '/api/sites/o.example.com/clone', { name: 'n.example.com' });
  await good('POST', '/api/sites/a.example.com/clone', { name: 'n.example.com' });
  await problem('not-found', 'PATCH', '/api/platforms/d10', { clients: ['nobody'] });
  assert.deepEqual((await good('PATCH', '/api/platforms/d10', { clients: null })).platform.clients, []);
  await good('POST', '/api/sites/o.example.com/clone', { name: 'm.example.com' });
});

test('a stream that is open ends when the right is taken away', async (t) => {
  const { hub, things, tokens } = await accessWorld(t);
  const { db } = hub.hub.database;
  const { queued, site } = things.acme;
  const follow = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await hub.app.request(`/api/tasks/${queued}/stream`, { headers }, { local: false });
    const reader = response.body?.getReader();
    await reader?.read();
    return reader;
  };
  const end = async (reader: Awaited<ReturnType<typeof follow>>): Promise<void> => {
    for (;;) if ((await reader?.read())?.done) return;
  };
  const mine = await hub.good('POST', '/api/tokens', { account: 'acme-boss' });
  const byToken = await follow(mine.token);
  await hub.good('DELETE', `/api/tokens/${mine.about.id}`);
  await end(byToken);
  const byMembership = await follow(tokens.l);
  const [{ id }] = (await hub.good('GET', '/api/memberships?account=caller-l')).items;
  await hub.good('DELETE', `/api/memberships/${id}`);
  await end(byMembership);
  const byRole = await follow((await editor(hub)).token);
  await hub.good('PATCH', '/api/roles/editor', { permissions: ['site login'] });
  await end(byRole);
  const [byOwner, stays] = [await follow(tokens.c), await follow(tokens.r)];
  await hub.good('PATCH', `/api/sites/${site}`, { client: 'umbra' });
  await end(byOwner);
  await sql`
    insert into event (task_id, seq, data) values (${queued}, 1, '{"type": "note", "level": "info", "text": "on"}')`.execute(
    db,
  );
  await sql`select pg_notify('event', ${queued})`.execute(db);
  for (;;) {
    const { value, done } = (await stays?.read()) ?? { done: true };
    assert.equal(done, false, 'who still may goes on');
    if (new TextDecoder().decode(value).includes('"on"')) break;
  }
  await stays?.cancel();
});

async function editor({ good }: TestHub): Promise<{ token: string }> {
  await good('POST', '/api/accounts', { name: 'ed', role: 'editor', client: 'acme' });
  return good('POST', '/api/tokens', { account: 'ed' });
}

test('a token that is limited gets nothing more done by a batch than by a task', async (t) => {
  const { hub, things, tokens } = await accessWorld(t);
  const { site, plan, backup } = things.acme;
  const limited = async (...scopes: string[]) =>
    hub.good('POST', '/api/tokens', { scopes }, { token: tokens.r }) as Promise<{ token: string }>;
  const batch = (name: string, of: string, args: object) => ({ name, sites: [of], args });
  const restores = await limited('site read', 'site restore');
  await hub.problem('not-found', 'POST', '/api/batches', batch('site restore', site, { backup }), restores);
  const imports = await limited('site read', 'site import');
  await hub.problem('forbidden', 'POST', '/api/batches', batch('site import', plan, {}), imports);
  const all = await limited('site read', 'site restore', 'backup read', 'backup task');
  await hub.good('POST', '/api/batches', batch('site restore', site, { backup }), all);
});
