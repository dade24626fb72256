import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { sql } from 'kysely';
import { furnished, setStatus } from '../../tests/kit/hub.ts';
import { askWantedVerifies } from './wanted-verifies.ts';

/** A certificate that signs itself, and its key, as openssl makes them. */
function made(names: readonly string[], days = 30): { readonly chain: string; readonly key: string } {
  const more = ['-addext', `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`];
  const argv = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-config',
    '/dev/null',
  ];
  const text = execFileSync('openssl', [...argv, '-subj', '/O=Somebody/CN=x', '-days', `${days}`, ...more], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const part = (kind: string): string =>
    new RegExp(`-----BEGIN ${kind}-----[^-]+-----END ${kind}-----\n`).exec(text)?.[0] ?? '';
  return { chain: part('CERTIFICATE'), key: part('PRIVATE KEY') };
}

test('one that is brought is kept with its key sealed, told with all but its key, and given to sites of its client', async (t) => {
  const hub = await furnished(t);
  const { good, problem } = hub;
  await good('POST', '/api/clients', { name: 'acme' });
  await good('POST', '/api/sites', { name: 'shop.example.com', platform: 'd10', client: 'acme' });
  await good('POST', '/api/sites', { name: 'other.example.com', platform: 'd10' });
  await setStatus(hub, 'site', 'shop.example.com', 'enabled');
  const own = made(['shop.example.com', '*.shop.example.com']);
  const body = { name: 'shop', sites: ['shop.example.com'], ...own };
  const { certificate, task } = await good('POST', '/api/certificates', body);
  assert.equal(task, null);
  assert.deepEqual(
    [
      certificate.kind,
      certificate.status,
      certificate.client,
      certificate.sites,
      certificate.issuer,
      certificate.renewAt,
    ],
    ['own', 'enabled', 'acme', ['shop.example.com'], 'x, Somebody', null],
  );
  assert.deepEqual(certificate.covered, ['shop.example.com', '*.shop.example.com']);
  const told = JSON.stringify([certificate, await good('GET', '/api/certificates'), await good('GET', '/api/audit')]);
  assert.equal(told.includes('PRIVATE'), false);
  const { rows } = await sql<{ text: string }>`select certificate::text as text from certificate`.execute(
    hub.hub.database.db,
  );
  assert.equal(rows[0]?.text.includes('PRIVATE'), false);
  assert.equal((await good('GET', '/api/sites/shop.example.com')).certificate, 'shop');

  // Its site is verified by and by, once.
  await sql`delete from task`.execute(hub.hub.database.db);
  await askWantedVerifies(hub.hub);
  await askWantedVerifies(hub.hub);
  const { items } = await good('GET', '/api/tasks');
  assert.deepEqual(
    items.map((one: { name: string; subject: { name: string } }) => `${one.name} ${one.subject.name}`),
    ['site verify shop.example.com'],
  );

  for (const [q, total] of [
    ['shop.exam', 1],
    ['sho', 1],
    ['nowhere', 0],
  ] as const)
    assert.equal((await good('GET', `/api/certificates?q=${q}`)).total, total, q);
  await problem('forbidden', 'PATCH', '/api/sites/other.example.com', { certificate: 'shop' });
  const { hint } = await problem('in-use', 'DELETE', '/api/certificates/shop');
  assert.match(hint, /aegir site set shop\.example\.com --no-certificate/);
  const next = await good('PATCH', '/api/certificates/shop', made(['shop.example.com'], 60));
  assert.notEqual(next.certificate.etag, certificate.etag);
  await problem('invalid', 'PATCH', '/api/certificates/shop', { names: ['x.example.com'] });
  await good('PATCH', '/api/sites/shop.example.com', { certificate: null });
  await good('DELETE', '/api/certificates/shop');
  await good('POST', '/api/certificates', body);
});

test('what is no certificate with its key is refused with what is wrong, and nothing is kept', async (t) => {
  const { problem, good } = await furnished(t);
  const [one, other] = [made(['a.example.com']), made(['b.example.com'])];
  const refused = async (body: object, said: RegExp): Promise<void> => {
    const { detail } = await problem('invalid', 'POST', '/api/certificates', { name: 'shop', ...body });
    assert.match(detail, said);
    assert.equal((await good('GET', '/api/certificates')).total, 0);
  };
  await refused({ chain: one.chain }, /belong together/);
  await refused({ chain: one.chain, key: other.key }, /key does not belong to the certificate/);
  await refused(
    { chain: `${one.chain}${other.chain}`, key: one.key },
    /not in order: number 2 has not issued number 1/,
  );
  await refused({ chain: 'nothing', key: one.key }, /has 0 certificates/);
  await refused({ chain: one.chain, key: 'nothing' }, /no private key/);
  await refused({ chain: one.chain.replace(/[A-Z]/, '!'), key: one.key }, /certificates|no certificate/);
  await refused({ ...one, names: ['a.example.com'] }, /is for the names in it/);
  await refused({ names: ['*.example.com'], challenge: 'http' }, /star can only be proven by DNS/);
  await refused({ names: ['*.example.com'] }, /there is no dns service/);
  await refused({ names: ['a.example.com'], challenge: 'http', dns: 'master' }, /needs no dns service/);
});

test('one that is to be obtained has a task at once, and is renewed when a third of its life is left', async (t) => {
  const hub = await furnished(t);
  const { good } = hub;
  const { db } = hub.hub.database;
  await good('POST', '/api/servers', {
    name: 'dns1',
    services: [{ type: 'dns', engine: 'bind', options: { keyName: 'k', keySecret: 'c2VjcmV0' } }],
  });
  await good('POST', '/api/sites', { name: 'shop.example.com', platform: 'd10' });
  const plain = await good('POST', '/api/certificates', { name: 'shop', sites: ['shop.example.com'] });
  assert.deepEqual(
    [plain.task.name, plain.certificate.challenge, plain.certificate.names],
    ['certificate obtain', 'http', null],
  );
  const wild = await good('POST', '/api/certificates', { name: 'wild', names: ['*.example.com'] });
  assert.deepEqual(
    [wild.certificate.challenge, wild.certificate.dns, wild.certificate.status],
    ['dns', 'dns1', 'queued'],
  );

  const due = async (): Promise<string[]> => {
    const { sweepNamed } = await import('./sweeps.ts');
    const subjects = await sweepNamed(hub.hub.catalog, 'certificates').subjects(db, 3600);
    const { rows } = await sql<{ name: string }>`
      select certificate.name from (${subjects}) as due join certificate on certificate.id = due.id order by name`.execute(
      db,
    );
    return rows.map(({ name }) => name);
  };
  const set = async (name: string, before: string, after: string): Promise<void> => {
    await sql`
      update certificate set status = 'enabled', chain = 'x', key = 'x', not_before = now() - ${before}::interval,
        not_after = now() + ${after}::interval where name = ${name}`.execute(db);
  };
  assert.deepEqual(await due(), [], 'what is on its way is not asked for again');
  await set('shop', '30 days', '60 days 1 hour');
  await set('wild', '61 days', '29 days');
  assert.deepEqual(await due(), ['wild']);
  await set('shop', '1 hour', '20 minutes');
  assert.deepEqual(await due(), ['shop', 'wild'], 'also one that lives for hours');
  await sql`update certificate set status = 'failed' where name = 'shop'`.execute(db);
  assert.deepEqual(await due(), ['shop', 'wild']);
});
