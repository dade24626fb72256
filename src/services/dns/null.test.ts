import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onRealDns } from '../../../tests/kit/dns-benches.ts';
import { owner, pointing } from '../../../tests/kit/dns-contract.ts';
import { startNamed } from '../../../tests/kit/dns-servers.ts';
import { isProblem } from '../../../tests/kit/looks.ts';
import { bind } from './bind.ts';
import type { Dns } from './dns.ts';
import { nullDns } from './null.ts';

// The engine that makes nothing, beside a real server in which somebody else does.
const onNamed = (
  action: (open: (more?: object) => Dns, theirs: Dns, all: () => Promise<readonly string[]>) => Promise<void>,
) =>
  onRealDns(bind, startNamed, (bench) => {
    const { port } = bench.server;
    const paths = { root: '/', config: '/', platforms: '/', backups: '/', builds: '/', clients: '/' };
    const open = (more: object = { servers: ['127.0.0.1'] }): Dns =>
      nullDns.open({ machine: bench.machine, paths }, { port, ...more }) as Dns; // its type is dns
    return action(open, bench.open(), bench.all);
  });

const www = pointing('www.example.test');

test('it says which records to make, until its name servers answer with them, and changes nothing', () =>
  onNamed(async (open, theirs, all) => {
    const before = await all();
    const dns = open();
    assert.deepEqual((await dns.put(owner, [www])).changes, [
      'to be made by hand: www.example.test. 3600 IN A 192.0.2.1',
    ]);
    assert.deepEqual(await dns.missing([www]), ['127.0.0.1 answers nothing for www.example.test, not A 192.0.2.1']);
    assert.deepEqual(await all(), before);
    await theirs.put(owner, [www]);
    assert.deepEqual((await dns.put(owner, [www])).changes, []);
    assert.deepEqual(await dns.missing([www]), []);
    assert.deepEqual(await dns.remove(owner, ['www.example.test', 'absent.example.test']), [
      'to be removed by hand: www.example.test A 192.0.2.1',
    ]);
    assert.equal((await dns.look(['www.example.test'])).get('www.example.test')?.records.length, 1);
  }));

test('at the top of a zone it asks for addresses, elsewhere for a CNAME', () =>
  onNamed(async (open) => {
    const both = ['example.test', 'www.example.test'].map((name) => pointing(name, { host: 'web1.hosting.test' }));
    assert.deepEqual((await open().put(owner, both)).changes, [
      'to be made by hand: example.test. 3600 IN A 192.0.2.1',
      'to be made by hand: www.example.test. 3600 IN CNAME web1.hosting.test.',
    ]);
  }));

test('it finds the name servers of a zone by itself, through a resolver', () =>
  onNamed(async (open, theirs) => {
    const dns = open({ resolver: '127.0.0.1' });
    await theirs.put(owner, [www, pointing('a.sub.example.test')]);
    assert.deepEqual(await dns.missing([www, pointing('a.sub.example.test')]), []);
    assert.deepEqual(await dns.missing([pointing('b.sub.example.test')]), [
      '127.0.0.1 answers nothing for b.sub.example.test, not A 192.0.2.1',
    ]);
    assert.deepEqual(await dns.missing([pointing('www.nowhere.invalid')]), ['nobody answers for www.nowhere.invalid']);
  }));

test('a name server that is not there is a problem that names it', () =>
  onNamed(async (open) => {
    await assert.rejects(
      open({ servers: ['127.0.0.1'], port: 1 }).missing([www]),
      isProblem('server-unreachable', /127\.0\.0\.1/),
    );
  }));
