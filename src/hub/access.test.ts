import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointNames, endpointOf } from '../api/endpoints.ts';
import { permissions } from '../model/permission.ts';
import { type AccountCaller, type Caller, covers, may, mayDo, reach } from './access.ts';
import { rules } from './rules.ts';

const account = (
  grants: readonly (readonly [client: string | null, ...permissions: string[]])[],
  more: object = {},
): Caller => ({
  kind: 'account',
  accountId: '1',
  name: 'ada',
  grants: grants.map(([client, ...list]) => ({ role: 'r', client, permissions: new Set(list) })),
  ...more,
});

test('who may ask is decided for every endpoint, and what is not known is refused', () => {
  const all = account([[null, '*']]);
  for (const name of endpointNames)
    for (const caller of [{ kind: 'local' } as const, all]) assert.ok(may(caller, name), name);
  for (const name of ['site explode', '', 'toString', '__proto__', 'constructor'])
    for (const caller of [{ kind: 'local' } as const, all]) assert.equal(may(caller, name), false, name);
  // A kind of caller that is not known, as a later version or a mistake would make it; an account of which nothing is known.
  for (const kind of ['guest', 'toString'])
    for (const name of endpointNames) assert.equal(may({ kind } as never, name, { client: null }), false);
  for (const name of endpointNames) if (Array.isArray(rules[name])) assert.equal(may(account([]), name), false, name);
  for (const name of endpointNames) assert.equal(may({ kind: 'stranger' }, name), endpointOf(name).open ?? false, name);
});

test('what is given for a client reaches what is its own, and nothing of others or of the hub', () => {
  const caller = account([['7', 'site read', 'server read']]);
  assert.ok(may(caller, 'site get', { client: '7' }));
  assert.equal(may(caller, 'site get', { client: '8' }), false);
  assert.equal(may(caller, 'site get', { client: null }), false);
  assert.equal(may(caller, 'site set', { client: '7' }), false);
  // Servers are nobody's but the hub's: for a client the permission means nothing.
  assert.equal(may(caller, 'server get'), false);
  assert.deepEqual(reach(caller, 'server read'), []);
  assert.deepEqual(
    reach(
      account([
        ['7', 'site read'],
        ['8', 'site read'],
        ['7', 'site read'],
      ]),
      'site read',
    ),
    ['7', '8'],
  );
  assert.equal(
    reach(
      account([
        ['7', 'site read'],
        [null, 'site read'],
      ]),
      'site read',
    ),
    'all',
  );
});

test('all tasks of a noun are one permission, and each is one by its name', () => {
  const all = account([['7', 'site task']]);
  const one = account([['7', 'site login']]);
  const own = { client: '7' };
  assert.ok(mayDo(all, 'site login', own));
  assert.ok(mayDo(one, 'site login', own));
  assert.equal(mayDo(one, 'site delete', own), false);
  assert.equal(mayDo(all, 'backup delete', own), false);
  // The endpoint is open for who may ask for some task; which, is asked when it is known.
  assert.ok(may(one, 'site task', own));
  assert.equal(may(one, 'backup task', own), false);
  assert.equal(may(account([['7', 'site read', 'site secret']]), 'site task'), false, 'no task is among these');
});

test('nobody gives what they have not', () => {
  const set = (...list: string[]) => new Set(list);
  const caller = account([
    [null, 'site read', 'site task', 'hub read'],
    ['7', 'site change'],
  ]);
  assert.ok(covers(caller, { permissions: set('site read', 'site login', 'hub read'), client: null }));
  assert.ok(covers(caller, { permissions: set('site change', 'site read'), client: '7' }));
  assert.equal(covers(caller, { permissions: set('site change'), client: '8' }), false);
  assert.equal(covers(caller, { permissions: set('site change'), client: null }), false);
  assert.equal(covers(caller, { permissions: set('*'), client: '7' }), false);
  assert.equal(covers(account([[null, 'site login']]), { permissions: set('site task'), client: null }), false);
  // It means nothing for a client, so it is not given either.
  assert.ok(covers(account([['7', 'site read']]), { permissions: set('site read', 'server change'), client: '7' }));
  assert.equal(covers({ kind: 'guest' } as never, { permissions: set(), client: null }), false);
});

test('a token that is limited may what both it and its account may', () => {
  const scoped = account([[null, '*']], { scopes: ['site read', 'site login'] }) as AccountCaller;
  assert.ok(may(scoped, 'site get', { client: '7' }));
  assert.ok(mayDo(scoped, 'site login', { client: '7' }));
  for (const no of ['site set', 'server get', 'account create']) assert.equal(may(scoped, no), false, no);
  assert.equal(covers(scoped, { permissions: new Set(['site change']), client: null }), false);
  const more = account([['7', 'site read']], { scopes: ['site read', 'site change'] });
  assert.equal(may(more, 'site set', { client: '7' }), false);
});

test('every permission is asked for somewhere', () => {
  const asked = new Set(Object.values(rules).flatMap((rule) => (typeof rule === 'string' ? [] : [...rule])));
  // Asked for by what a request holds, see demandOperator; and by who signs in.
  const inRequests = ['site operate', 'account impersonate'];
  assert.deepEqual(
    Object.keys(permissions).filter((one) => !asked.has(one as never) && !inRequests.includes(one)),
    [],
  );
});
