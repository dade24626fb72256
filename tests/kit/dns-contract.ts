import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from '../../src/machine/machine.ts';
import { Problem } from '../../src/model/problem.ts';
import type { Dns, Pointing } from '../../src/services/dns/dns.ts';
import { failing } from './faulty-machines.ts';
import { isProblem } from './looks.ts';

/** A server of zones with what `zonesThere` and `foreignRecords` say, and an engine for it. */
export interface DnsBench {
  readonly machine: Machine;
  /** Opens the engine; two of them are two workers. */
  open(options?: { readonly [name: string]: unknown }, machine?: Machine): Dns;
  /** Every record of both zones, but those that say whose a name is. */
  all(): Promise<readonly string[]>;
  /** Commands that were run until now, with all that was said, as in logs. */
  told(): string;
  readonly secret: string;
}

export const owner = 'a1b2c3/7';
export const pointing = (name: string, more: Partial<Pointing> = {}): Pointing => ({
  ...{ name, addresses: ['192.0.2.1'], host: null, ttlSeconds: 3600 },
  ...more,
});
const leading = (all: readonly string[]): readonly string[] => all.filter((line) => !line.includes('aegir='));

/** What Dns promises of zones that it may change, for every engine. Each test gets a server of its own. */
export function dnsContract(
  title: string,
  withBench: (action: (bench: DnsBench) => Promise<void>) => Promise<void>,
): void {
  const suite = (name: string, action: (bench: DnsBench, dns: Dns) => Promise<void>): void => {
    test(`${title}: ${name}`, { timeout: 120_000 }, () => withBench((bench) => action(bench, bench.open())));
  };

  suite('verify changes nothing and refuses a zone that is not there', async (bench, dns) => {
    const before = await bench.all();
    assert.deepEqual(await dns.verify(), []);
    await assert.rejects(bench.open({ zones: ['nowhere.test'] }).verify(), isProblem('not-found', /nowhere\.test/));
    assert.deepEqual(await bench.all(), before);
  });

  suite('put makes records, twice is once, changed is changed, remove ends it', async (bench, dns) => {
    const before = await bench.all();
    const both = [
      pointing('www.example.test', { addresses: ['192.0.2.1', '2001:DB8::0:1'] }),
      pointing('a.sub.example.test'),
    ];
    const made = await dns.put(owner, both);
    assert.deepEqual(made, {
      changes: [
        'made the record www.example.test A 192.0.2.1, AAAA 2001:db8::1',
        'made the record a.sub.example.test A 192.0.2.1',
      ],
      outside: [],
      left: [],
    });
    const now = leading(await bench.all());
    for (const line of [
      'www.example.test. A 192.0.2.1',
      'www.example.test. AAAA 2001:db8::1',
      'a.sub.example.test. A 192.0.2.1',
    ])
      assert.ok(now.includes(line), `${line} in ${now.join('\n')}`);
    assert.deepEqual(await dns.missing(both), []);
    assert.deepEqual((await dns.put(owner, both)).changes, []);
    const changed = [pointing('www.example.test', { addresses: ['192.0.2.2'] })];
    assert.deepEqual(await dns.missing(changed), [
      'www.example.test answers A 192.0.2.1, AAAA 2001:db8::1, not A 192.0.2.2',
    ]);
    assert.deepEqual((await dns.put(owner, changed)).changes, [
      'changed the record www.example.test from A 192.0.2.1, AAAA 2001:db8::1 to A 192.0.2.2',
    ]);
    assert.deepEqual(
      (await dns.put(owner, [{ ...changed[0], ttlSeconds: 60 } as Pointing])).changes.length,
      1,
      'another TTL is a change',
    );
    assert.equal((await dns.look(['www.example.test'])).get('www.example.test')?.ttlSeconds, 60);
    assert.equal(
      (await dns.remove(owner, ['www.example.test', 'a.sub.example.test', 'absent.example.test'])).length,
      2,
    );
    assert.deepEqual(await bench.all(), before);
    assert.deepEqual(await dns.remove(owner, ['www.example.test']), []);
  });

  suite('a name leads to a host by CNAME, but at the top of a zone', async (bench, dns) => {
    const host = 'web1.hosting.test';
    const all = ['www.example.test', 'example.test'].map((name) => pointing(name, { host }));
    await dns.put(owner, all);
    const now = await bench.all();
    assert.ok(
      now.includes('www.example.test. CNAME web1.hosting.test.') ||
        now.includes('www.example.test. CNAME web1.hosting.test'),
    );
    assert.ok(now.includes('example.test. A 192.0.2.1'));
    assert.deepEqual(await dns.missing(all), []);
    // And back, where a CNAME would forbid the address.
    await dns.put(owner, [pointing('www.example.test')]);
    assert.deepEqual(await dns.missing([pointing('www.example.test')]), []);
    await dns.put(owner, all);
    assert.deepEqual(await dns.missing(all), []);
    await assert.rejects(
      dns.put(owner, [pointing('example.test', { host, addresses: [] })]),
      isProblem('invalid', /publicAddresses/),
    );
  });

  suite('what others have made is neither changed nor removed, and nothing else of the same wish is', async (bench, dns) => {
    const before = await bench.all();
    const wish = [pointing('new.example.test'), pointing('a.sub.example.test'), pointing('taken.example.test')];
    const said = isProblem(
      'conflict',
      /taken\.example\.test has records that Aegir has not made: A 192\.0\.2\.99.*by hand/,
    );
    await assert.rejects(dns.demandOurs(owner, wish), said);
    await assert.rejects(dns.put(owner, wish), said);
    assert.deepEqual(await bench.all(), before);
    assert.deepEqual(await dns.remove(owner, ['taken.example.test']), []);
    const left = await dns.put(owner, wish, 'leave');
    assert.deepEqual([left.changes.length, left.left], [2, ['taken.example.test']]);
    await dns.remove(
      owner,
      wish.map(({ name }) => name),
    );
    assert.deepEqual(await bench.all(), before);
  });

  suite('what somebody made by hand as it should be is let be, and stays theirs', async (bench, dns) => {
    const before = await bench.all();
    const same = [pointing('taken.example.test', { addresses: ['192.0.2.99'] })];
    assert.deepEqual((await dns.put(owner, same)).changes, []);
    assert.deepEqual(await dns.missing(same), []);
    await dns.remove(owner, ['taken.example.test']);
    assert.deepEqual(await bench.all(), before);
  });

  suite('records of other types at a name of ours stay', async (bench, dns) => {
    const before = await bench.all();
    await dns.put(owner, [pointing('text.example.test')]);
    await dns.remove(owner, ['text.example.test']);
    assert.deepEqual(await bench.all(), before);
  });

  suite("another site of the same hub takes a name over, and the former owner's remove leaves it; another hub does not", async (bench, dns) => {
    await dns.put(owner, [pointing('www.example.test')]);
    const taken = pointing('www.example.test', { addresses: ['192.0.2.5'] });
    await assert.rejects(dns.put('ffffff/7', [taken]), isProblem('conflict', /of another Aegir, a1b2c3/));
    await dns.put('a1b2c3/8', [taken]);
    assert.deepEqual(await dns.remove(owner, ['www.example.test']), []);
    assert.deepEqual(await dns.missing([taken]), []);
    assert.equal((await bench.open().look(['www.example.test'])).get('www.example.test')?.owner, 'a1b2c3/8');
  });

  suite('names outside its zones are told, and only the given zones are its own', async (bench, dns) => {
    const before = await bench.all();
    const { changes, outside } = await dns.put(owner, [pointing('www.elsewhere.test'), pointing('test')]);
    assert.deepEqual([changes, outside], [[], ['www.elsewhere.test', 'test']]);
    const narrow = bench.open({ zones: ['sub.example.test'] });
    assert.deepEqual((await narrow.put(owner, [pointing('www.example.test')])).outside, ['www.example.test']);
    assert.deepEqual(await bench.all(), before);
    assert.equal((await narrow.put(owner, [pointing('b.sub.example.test')])).changes.length, 1);
  });

  suite('a wildcard of ours, and a name below a wildcard of somebody else', async (bench, dns) => {
    const before = await bench.all();
    const both = [pointing('*.many.example.test'), pointing('one.wild.example.test')];
    assert.equal((await dns.put(owner, both)).changes.length, 2);
    assert.deepEqual(await dns.missing(both), []);
    assert.deepEqual((await dns.put(owner, both)).changes, []);
    // Below our own wildcard, where another site has a name of its own.
    assert.equal((await dns.put('a1b2c3/8', [pointing('x.many.example.test')])).changes.length, 1);
    await dns.remove('a1b2c3/8', ['x.many.example.test']);
    await dns.remove(
      owner,
      both.map(({ name }) => name),
    );
    assert.deepEqual(await bench.all(), before);
  });

  suite('of many names all is found as of one: right, changed, gone, at the top of a zone, below, and outside', async (bench, dns) => {
    const zones = ['example.test', 'sub.example.test'];
    const all = zones.flatMap((zone) => [
      pointing(zone),
      pointing(`*.star.${zone}`),
      ...Array.from({ length: 28 }, (_, at) => pointing(`n${at}.${zone}`)),
    ]);
    await dns.put(owner, all);
    assert.deepEqual(await dns.missing(all), []);
    assert.deepEqual(await dns.put(owner, all), { changes: [], outside: [], left: [] });
    const others = bench.open();
    await others.put(owner, [pointing('n7.sub.example.test', { addresses: ['192.0.2.7'] })]);
    await others.remove(owner, ['n8.example.test']);
    assert.deepEqual(await dns.missing([...all, pointing('www.elsewhere.test')]), [
      'n8.example.test answers nothing, not A 192.0.2.1',
      'n7.sub.example.test answers A 192.0.2.7, not A 192.0.2.1',
    ]);
    assert.equal((await dns.look(all.map(({ name }) => name))).get('n7.example.test')?.owner, owner);
    await dns.remove(
      owner,
      all.map(({ name }) => name),
    );
    assert.equal((await dns.missing(all)).length, all.length);
  });

  suite('the key is in no command and no word of it', async (bench, dns) => {
    await dns.put(owner, [pointing('www.example.test')]);
    assert.ok(bench.told().length > 0);
    assert.ok(!bench.told().includes(bench.secret), 'the key was shown');
  });
}

/** Slow on a real server, and of all engines alike: for one whose changes are conditions of the server, and one whose are not. */
export function dnsFaults(
  title: string,
  withBench: (action: (bench: DnsBench) => Promise<void>) => Promise<void>,
): void {
  for (const when of ['before', 'after'] as const)
    test(
      `${title}: whichever command fails ${when} its work, asking again leads to the goal, and remove back`,
      { timeout: 120_000 },
      () =>
        withBench(async (bench) => {
          const dns = bench.open();
          const before = await bench.all();
          for (let nth = 0; ; nth += 1) {
            const result = await bench
              .open({}, failing(bench.machine, nth, when))
              .put(owner, [pointing('www.example.test')])
              .catch(String);
            await dns.put(owner, [pointing('www.example.test')]);
            assert.deepEqual(await dns.missing([pointing('www.example.test')]), []);
            await dns.remove(owner, ['www.example.test']);
            assert.deepEqual(await bench.all(), before);
            if (typeof result !== 'string') break;
            assert.ok(nth < 20);
          }
        }),
    );
}

/** For engines whose server looks at the key. */
export function refusesWrongKey(
  title: string,
  wrong: { readonly [name: string]: unknown },
  withBench: Parameters<typeof dnsContract>[1],
): void {
  test(`${title}: a wrong key is a problem that says so, and changes nothing`, { timeout: 120_000 }, () =>
    withBench(async (bench) => {
      const before = await bench.all();
      await assert.rejects(bench.open(wrong).put(owner, [pointing('www.example.test')]), (error) => {
        assert.ok(error instanceof Problem && error.code === 'forbidden', String(error));
        assert.ok(!JSON.stringify(error).includes(bench.secret));
        return true;
      });
      assert.deepEqual(await bench.all(), before);
    }),
  );
}

/** For engines whose name server can be asked here. */
export function tellsWhoLacksProof(
  title: string,
  withBench: (action: (bench: DnsBench) => Promise<void>) => Promise<void>,
): void {
  test(
    `${title}: it is known which name server does not show a proof yet, and which does not answer`,
    { timeout: 120_000 },
    () =>
      withBench(async (bench) => {
        const [name, texts] = ['_acme-challenge.www.example.test', ['first', 'second']];
        const shown = bench.open({ nameServers: ['127.0.0.1'] });
        assert.deepEqual(await shown.missingTexts(name, texts), { elsewhere: ['127.0.0.1'], silent: [] });
        await shown.putTexts(name, texts);
        assert.deepEqual(await shown.missingTexts(name, texts), { elsewhere: [], silent: [] });
        await shown.putTexts(name, ['first']);
        assert.deepEqual(await shown.missingTexts(name, texts), { elsewhere: ['127.0.0.1'], silent: [] });
        const silent = bench.open({ nameServers: ['127.0.0.1', '127.0.0.9'] });
        assert.deepEqual(await silent.missingTexts(name, ['first']), { elsewhere: [], silent: ['127.0.0.9'] });
        assert.deepEqual(await shown.missingTexts('_acme-challenge.example.com', texts), { elsewhere: [], silent: [] });
      }),
  );
}
