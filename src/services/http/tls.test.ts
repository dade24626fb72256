import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { onReal } from '../../../tests/kit/http-benches.ts';
import { sample } from '../../../tests/kit/http-contract.ts';

const name = 'one.example.com';

type Offer = Pick<NonNullable<Parameters<typeof connect>[1]>, 'minVersion' | 'maxVersion' | 'ciphers'>;

/** What a browser that offers only this agrees on: 'TLSv1.2 ECDHE-…'; null: nothing. */
function agreed(port: number, offer: Offer): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const to = { host: '127.0.0.1', port, servername: name, rejectUnauthorized: false, timeout: 10_000 };
  const socket = connect({ ...to, ...offer }, () => {
    resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
    socket.end();
  });
  socket.on('error', () => resolve(null));
  return promise;
}

/** So that it is the server that refuses, and not our own library. */
const anything = 'ALL:@SECLEVEL=0';
const tls12 = (ciphers: string): Offer => ({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers });

for (const server of ['nginx', 'apache'] as const)
  test(`${server}: browsers are told to come by https only where that is required, and on https only`, async () => {
    await onReal(server, async (web) => {
      const http = web.open();
      await http.verify();
      const told = async (url: string): Promise<string | undefined> =>
        (await web.ask(url)).headers.get('strict-transport-security');
      for (const [tls, hstsSeconds, wanted] of [
        ['required', 31_536_000, 'max-age=31536000'],
        ['required', 0, 'max-age=0'],
        ['required', null, undefined],
        ['on', 31_536_000, undefined],
      ] as const) {
        await http.create(sample(web, name, { tls, hstsSeconds }));
        assert.equal(await told(`https://${name}/`), wanted, tls);
        assert.equal(await told(`http://${name}/`), undefined, tls);
      }
    });
  });

for (const server of ['nginx', 'apache'] as const)
  test(`${server}: https is TLS 1.2 or newer, with ciphers that keep what was said secret`, async () => {
    await onReal(server, async (web) => {
      const http = web.open();
      await http.verify();
      await http.create(sample(web, name, { tls: 'on' }));
      const { tlsPort } = web.web;
      assert.match((await agreed(tlsPort, {})) ?? '', /^TLSv1\.3 /);
      for (const cipher of [
        'ECDHE-RSA-AES128-GCM-SHA256',
        'ECDHE-RSA-AES256-GCM-SHA384',
        'ECDHE-RSA-CHACHA20-POLY1305',
      ])
        assert.equal(await agreed(tlsPort, tls12(cipher)), `TLSv1.2 ${cipher}`);
      for (const old of ['TLSv1', 'TLSv1.1'] as const)
        assert.equal(await agreed(tlsPort, { minVersion: old, maxVersion: old, ciphers: anything }), null, old);
      for (const weak of ['AES128-GCM-SHA256', 'AES128-SHA', 'ECDHE-RSA-AES128-SHA', 'DHE-RSA-AES256-GCM-SHA384'])
        assert.equal(await agreed(tlsPort, tls12(`${weak}:@SECLEVEL=0`)), null, weak);
    });
  });
