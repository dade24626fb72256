import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { connect, type PeerCertificate } from 'node:tls';
import type { CertificateOrder, ChallengeKind, LeftOut } from '../src/model/certificate.ts';
import { pemOf } from '../src/model/certificate-chain.ts';
import type { TaskEvent } from '../src/model/event.ts';
import { Secret } from '../src/model/secret.ts';
import { Authority } from '../src/services/acme/authority.ts';
import { bind } from '../src/services/dns/bind.ts';
import type { Dns } from '../src/services/dns/dns.ts';
import { newKey } from '../src/tasks/certificate/key.ts';
import { certificateObtain } from '../src/tasks/certificate-obtain.ts';
import type { CertificateContext, Load } from '../src/tasks/context.ts';
import type { FoundCertificate } from '../src/tasks/outcome.ts';
import { run } from '../src/worker/run.ts';
import { onRealDns } from './kit/dns-benches.ts';
import { startNamed } from './kit/dns-servers.ts';
import { onReal, type RealBench, type Server } from './kit/http-benches.ts';
import { sample } from './kit/http-contract.ts';
import { type Pebble, startPebble } from './kit/pebble.ts';
import { openDirectory } from './kit/web.ts';

interface World {
  readonly web: RealBench;
  readonly dns: Dns;
  readonly pebble: Pebble;
  /** Runs `certificate obtain` as a worker does. */
  obtain(names: readonly string[], challenge: ChallengeKind): Promise<Obtained>;
}

interface Obtained {
  readonly status: string;
  readonly problem: string;
  readonly hint: string;
  readonly leftOut: readonly LeftOut[];
  readonly made: NonNullable<FoundCertificate['made']> | null;
  readonly events: readonly TaskEvent[];
}

/** A real web server, BIND with the zone example.test, and Pebble, which asks both. */
async function inWorld(server: Server, action: (world: World) => Promise<void>): Promise<void> {
  const home = await openDirectory('aegir-acme');
  await onRealDns(bind, startNamed, async (names) => {
    await onReal(server, async (web) => {
      const pebble = await startPebble(home.path, { httpPort: web.web.port, dnsPort: names.server.port });
      try {
        const dns = names.open();
        await web.open().verify();
        // Each on the same account a second time: with an address, and without.
        const email = server === 'apache' ? 'a@example.com' : null;
        const account = { directory: pebble.directory, key: newKey(), email, trust: pebble.trust };
        const obtain = (wanted: readonly string[], challenge: ChallengeKind) =>
          obtained({ web, dns, acme: new Authority(account, reaching(web)) }, wanted, challenge);
        await action({ web, dns, pebble, obtain });
      } finally {
        await pebble.stop();
      }
    });
  });
  await home.remove();
}

/** Names of the test are at this machine, but for one that nobody knows. */
const reaching = (web: RealBench) => ({
  port: web.web.port,
  lookup: ((name: string, options: { all?: boolean }, done: (...answer: unknown[]) => void) => {
    if (name.startsWith('nowhere.')) done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
    else if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }]);
    else done(null, '127.0.0.1', 4);
  }) as never, // node's own type has four shapes of it
});

async function obtained(
  { web, dns, acme }: Pick<World, 'web' | 'dns'> & { readonly acme: Authority },
  names: readonly string[],
  challenge: ChallengeKind,
): Promise<Obtained> {
  const http = web.open();
  const found: FoundCertificate[] = [];
  const events: TaskEvent[] = [];
  const log = { append: async (event: TaskEvent) => void events.push(event) };
  const context: CertificateContext = {
    report: {
      note: async (text, level = 'info') => log.append({ type: 'note', level, text }),
      changed: async () => undefined,
      keep: async () => undefined,
      record: async ({ certificate }) => void (certificate && found.push(certificate)),
    },
    certificate: {
      id: '7',
      name: 'shop',
      status: 'queued',
      names,
      challenge,
      isThere: false,
      order: null,
      comingKey: null,
    },
    acme,
    dns: { id: '1', server: 'dns1', dns },
    webOf: (name) => (name.startsWith('of-nobody.') ? null : http),
    withdrawFile: (token) => http.putChallenge(token, null),
    state: { names: [], leftOut: [], order: null as CertificateOrder | null, key: null },
  };
  const load = { certificate: async () => context } as unknown as Load; // this task asks for nothing else
  const task = await certificateObtain.open(load, '7', {});
  const ending = await run(task, log, [], {
    claim: new AbortController().signal,
    stop: () => undefined,
    undoing: () => {},
  });
  const { message = '', hint = '' } = ending.status === 'failed' ? ending.problem : {};
  return {
    ...{ status: ending.status, problem: message, hint: hint ?? '', events },
    leftOut: found.findLast(({ leftOut }) => leftOut)?.leftOut ?? [],
    made: found.findLast(({ made }) => made)?.made ?? null,
  };
}

/** What a browser that trusts this authority alone is shown for a name. */
function shown(port: number, servername: string, ca: string): Promise<PeerCertificate> {
  const { promise, resolve, reject } = Promise.withResolvers<PeerCertificate>();
  const socket = connect({ host: '127.0.0.1', port, servername, ca, timeout: 10_000 }, () => {
    resolve(socket.getPeerCertificate());
    socket.end();
  });
  socket.on('error', reject);
  return promise;
}

const pointing = (name: string) => ({ name, addresses: ['127.0.0.1'], host: null, ttlSeconds: 60 });
const noProofLeft = async ({ web, dns }: World): Promise<void> => {
  const files = await web.machine.find(`${web.config.replace(/\/[^/]*$/, '')}/acme`, {});
  assert.deepEqual(
    files.filter(({ kind }) => kind === 'file').map(({ path }) => path),
    [],
  );
  const zone = await dns.look(['_acme-challenge.shop.example.test']);
  assert.deepEqual(
    [...zone.values()].flatMap(({ records }) => records),
    [],
  );
};

for (const server of ['nginx', 'apache'] as const)
  test(`a certificate by a file of ${server}, served to browsers, and the next one in its place`, async (t: TestContext) => {
    await inWorld(server, async (world) => {
      const { web, dns, pebble, obtain } = world;
      const names = ['shop.example.test', 'www.shop.example.test'];
      await dns.put('test/7', names.map(pointing));
      const http = web.open();
      const site = {
        ...sample(web, 'shop.example.test', { tls: 'on' }),
        aliases: [{ name: 'www.shop.example.test', redirect: false }],
      };
      await http.create(site);
      const root = await pebble.root();
      await assert.rejects(
        shown(web.web.tlsPort, 'shop.example.test', root),
        /self.signed/i,
        'until the first is there',
      );

      const first = await obtain(names, 'http');
      assert.equal(first.status, 'done', `${first.problem} ${first.hint}`);
      assert.deepEqual(first.made?.names.toSorted(), names);
      await noProofLeft(world);
      const publish = async ({ made }: Obtained): Promise<void> => {
        assert.ok(made);
        await http.create({ ...site, pem: new Secret(pemOf(made.chain, made.key.reveal())) });
      };
      await publish(first);
      const one = await shown(web.web.tlsPort, 'www.shop.example.test', root);

      const second = await obtain(names, 'http');
      assert.equal(second.status, 'done', second.problem);
      await publish(second);
      const other = await shown(web.web.tlsPort, 'shop.example.test', root);
      assert.notEqual(other.serialNumber, one.serialNumber);
      t.diagnostic(`good until ${other.valid_to}, of ${second.made?.issuer}`);
    });
  });

test('names that cannot be proven are left out with why, and do not keep the others waiting', async () => {
  await inWorld('nginx', async (world) => {
    const { dns, obtain } = world;
    await dns.put('test/7', [pointing('shop.example.test')]);
    // The authority's name server does not have this one, though we are reached by it.
    const names = ['shop.example.test', 'nowhere.example.test', 'unknown.example.test', 'of-nobody.example.test'];
    const { status, made, leftOut, problem } = await obtain(names, 'http');
    assert.equal(status, 'done', problem);
    assert.deepEqual(made?.names, ['shop.example.test']);
    const why = new Map(leftOut.map((left) => [left.name, left.why]));
    assert.match(
      why.get('nowhere.example.test') ?? '',
      /the DNS has no address for it: does its DNS lead to this web server/,
    );
    assert.match(why.get('of-nobody.example.test') ?? '', /no site that uses the certificate has this name/);
    assert.match(why.get('unknown.example.test') ?? '', /unknown\.example\.test/, 'as the authority says it');
    await noProofLeft(world);

    const none = await obtain(['nowhere.example.test'], 'http');
    assert.equal(none.status, 'failed');
    assert.match(`${none.problem} ${none.hint}`, /none of the names .* nowhere\.example\.test: the DNS has no address/);
    await noProofLeft(world);
  });
});

test('a name with a star by DNS, together with the name itself', async () => {
  await inWorld('nginx', async (world) => {
    const { web, pebble, obtain } = world;
    const http = web.open();
    const site = sample(web, 'any.shop.example.test', { tls: 'required' });
    const { status, made, problem } = await obtain(['shop.example.test', '*.shop.example.test'], 'dns');
    assert.equal(status, 'done', problem);
    assert.deepEqual(made?.names.toSorted(), ['*.shop.example.test', 'shop.example.test']);
    await noProofLeft(world);
    await http.create({ ...site, pem: made && new Secret(pemOf(made.chain, made.key.reveal())) });
    const certificate = await shown(web.web.tlsPort, 'any.shop.example.test', await pebble.root());
    assert.match(certificate.subjectaltname ?? '', /DNS:\*\.shop\.example\.test/);

    const foreign = await obtain(['*.example.org'], 'dns');
    assert.match(`${foreign.problem} ${foreign.hint}`, /in no zone of the dns service of dns1/);
  });
});
