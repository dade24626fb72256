import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { onReal } from '../../../tests/kit/http-benches.ts';
import { sample } from '../../../tests/kit/http-contract.ts';
import { freePort } from '../../../tests/kit/web.ts';

const site = 'example.com';

/** '200', or '000' where nobody listens. */
async function status(url: string, host = site): Promise<string> {
  const [, scheme = '', at = ''] = /^(https?):\/\/(.*)\/$/.exec(url) ?? [];
  const args = ['-s', '-k', '-g', '--noproxy', '*', '--max-time', '20', '--connect-to', `::${at}`, '-o', '/dev/null'];
  const asked = [...args, '-w', '%{http_code}', `${scheme}://${host}:${at.replace(/^.*:/, '')}/`];
  // Exit code 7 is a connection that was refused; the code that is written says so too.
  return (await promisify(execFile)('curl', asked).catch((error: { stdout: string }) => error)).stdout;
}

async function hasIpv6(t: TestContext): Promise<boolean> {
  const found = (await readFile('/proc/net/if_inet6', 'utf8').catch(() => '')).includes(' lo\n');
  if (!found) t.diagnostic('NOT SHOWN: this machine has no IPv6');
  return found;
}

for (const server of ['nginx', 'apache'] as const) {
  test(`${server}: answers at each of its addresses and ports, and at no other`, { timeout: 20 * 60_000 }, (t) =>
    onReal(server, async (bench) => {
      const ipv6 = (await hasIpv6(t)) ? ['::1'] : [];
      const { port, tlsPort } = bench.web;
      const morePorts = [await freePort(), await freePort()];
      const http = bench.openWith({ addresses: ['127.0.0.1', '127.0.0.2', ...ipv6], morePorts });
      await http.verify();
      await http.create(sample(bench, site));
      await http.create(sample(bench, 'tls.example.com', { tls: 'on' }));
      for (const address of ['127.0.0.1', '127.0.0.2', ...ipv6.map((one) => `[${one}]`)]) {
        for (const one of [port, ...morePorts]) {
          assert.equal(await status(`http://${address}:${one}/`), '200', `${address}:${one}`);
          assert.equal(await status(`http://${address}:${one}/`, 'tls.example.com'), '200', `${address}:${one}`);
          assert.equal(await status(`http://${address}:${one}/`, 'nobody.example.org'), '404', `${address}:${one}`);
        }
        assert.equal(await status(`https://${address}:${tlsPort}/`, 'tls.example.com'), '200', address);
      }
      assert.equal(await status(`http://127.0.0.3:${port}/`), '000');
      assert.equal(await status(`http://127.0.0.1:${await freePort()}/`), '000');
      assert.deepEqual(await http.verify(), []);
    }),
  );

  test(`${server}: without addresses it answers at all of them, of both families`, { timeout: 20 * 60_000 }, (t) =>
    onReal(server, async (bench) => {
      const http = bench.openWith({ addresses: [] });
      await http.verify();
      await http.create(sample(bench, site));
      const all = ['127.0.0.1', '127.0.0.2', ...((await hasIpv6(t)) ? ['[::1]'] : [])];
      for (const address of all) assert.equal(await status(`http://${address}:${bench.web.port}/`), '200', address);
    }),
  );

  test(`${server}: an address of IPv6 alone is where its own questions go too`, { timeout: 20 * 60_000 }, (t) =>
    onReal(server, async (bench) => {
      if (!(await hasIpv6(t))) return;
      const http = bench.openWith({ addresses: ['::1'] });
      await http.verify();
      await http.create(sample(bench, site));
      assert.equal(await status(`http://[::1]:${bench.web.port}/`), '200');
      assert.equal(await status(`http://127.0.0.1:${bench.web.port}/`), '000');
      await http.destroy(site);
      assert.equal(await status(`http://[::1]:${bench.web.port}/`), '404');
    }),
  );
}
