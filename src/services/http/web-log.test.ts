import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { onReal } from '../../../tests/kit/http-benches.ts';
import { sample } from '../../../tests/kit/http-contract.ts';

/** A line is written when the request is over, a moment after its answer. */
async function until(holds: () => Promise<void>): Promise<void> {
  for (const end = performance.now() + 10_000; ; )
    try {
      return await holds();
    } catch (error) {
      if (performance.now() > end) throw error;
    }
}

for (const server of ['nginx', 'apache'] as const)
  test(`${server}: a site's lines are found in the log of all, by each of its names and by no other's`, async () => {
    await onReal(server, async (bench) => {
      const http = bench.open();
      await http.verify();
      const read = (names: readonly string[], log: 'access' | 'error' = 'access', linesMax = 10) =>
        http.log({ log, names, linesMax });
      await http.create(
        sample(bench, 'one.example.com', { aliases: [{ name: '*.wild.example.com', redirect: false }] }),
      );
      await http.create(sample(bench, 'oneXexample.com'.toLowerCase()));
      // What could be taken for a line of another site, or for more than one.
      for (const url of ['http://one.example.com/a', 'http://ONE.example.com/b', 'http://x.wild.example.com/c'])
        await bench.ask(url);
      await bench.ask('http://onexexample.com/d', '-A', 'one.example.com 192.0.2.9 "x');
      const names = ['one.example.com', '*.wild.example.com'];
      const paths = async (of: readonly string[]): Promise<readonly string[]> =>
        (await read(of)).map((line) => / "GET (\S+) HTTP/.exec(line)?.[1] ?? line);
      await until(async () => assert.deepEqual(await paths(names), ['/a', '/b', '/c']));
      await until(async () => assert.deepEqual(await paths(['onexexample.com']), ['/d']));
      assert.equal((await read(names, 'access', 2)).length, 2);
      const counted = new Map<string, number>();
      for (const { host, requests } of (await http.requests([]))?.counts ?? [])
        counted.set(host, (counted.get(host) ?? 0) + requests);
      const hosts = ['one.example.com', 'x.wild.example.com', 'onexexample.com'];
      assert.deepEqual(
        hosts.map((host) => counted.get(host)),
        [2, 1, 1],
      );
      const [first = ''] = await read(names);
      assert.match(
        first,
        /^one\.example\.com \S+ - - \[\d{4}-\d\d-\d\dT[\d:]{8}[+-]\d\d:?\d\d\] "GET \/a HTTP\/1\.1" 200 \d+ "-" "curl/,
      );
      await writeFile(`${bench.root}/cron.php`, '<?php error_log("it went wrong");');
      await bench.ask('http://one.example.com/cron.php');
      await until(async () => assert.match((await read(names, 'error')).join(), /it went wrong/));
      assert.deepEqual(await read(['onexexample.com'], 'error'), []);
    });
  });

test('a web server that keeps no log of sites says so, and what to do', async () => {
  await onReal('nginx', async (bench) => {
    const asked = { log: 'access', names: ['one.example.com'], linesMax: 1 } as const;
    await assert.rejects(bench.open().log(asked), /has written no \S+nginx-access\.log yet/);
  });
});
