import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { onReal } from '../../../tests/kit/http-benches.ts';
import { sample } from '../../../tests/kit/http-contract.ts';

/** More than PHP answers at once (4): the others wait in its line. */
const requests = 6;

/** Says that it has begun, and answers when it is let go. */
const slow = (directory: string): string => `<?php
  touch('${directory}/begun-' . getmypid() . '-' . uniqid());
  for ($looks = 0; $looks < 6000 && !file_exists('${directory}/go'); $looks++) { clearstatcache(); usleep(10000); }
  echo 'answered';`;

function askSlow(port: number): { sent: Promise<unknown>; answer: Promise<string> } {
  const asked = request({ host: '127.0.0.1', port, path: '/cron.php', headers: { Host: 'example.com' } });
  const sent = once(asked, 'socket').then(([socket]) => once(socket, 'connect'));
  const answer = once(asked, 'response').then(async ([response]) => {
    const body = await text(response);
    return `${response.statusCode} ${body}`;
  });
  asked.end();
  return { sent, answer };
}

for (const server of ['nginx', 'apache'] as const)
  test(
    `${server}: who was let in before the site closed is answered, also from PHP's line, before that is called over`,
    {
      timeout: 240_000,
    },
    () =>
      onReal(server, async (bench) => {
        const http = bench.open();
        await http.verify();
        await http.create(sample(bench, 'example.com'));
        const directory = join(bench.root, 'said');
        await bench.machine.makeDirectory(directory, { mode: '0777' });
        await writeFile(join(bench.root, 'cron.php'), slow(directory));
        const asked = Array.from({ length: requests }, () => askSlow(bench.web.port));
        await Promise.all(asked.map(({ sent }) => sent));
        while ((await readdir(directory)).length < 4) await wait(10);
        // The web server has taken the others too, once it has taken one that came after them.
        assert.equal((await bench.ask('http://example.com/no-such.php')).status, 404);

        const takers = await http.takers();
        assert.notDeepEqual(takers, []);
        await http.create(sample(bench, 'example.com', { state: 'maintenance' }));
        assert.equal((await bench.ask('http://example.com/cron.php')).status, 503);
        assert.equal(await http.haveAnswered(takers, 100), false);

        await writeFile(join(directory, 'go'), '');
        assert.equal(await http.haveAnswered(takers, 60_000), true);
        const answers = await Promise.all(asked.map(({ answer }) => answer));
        assert.deepEqual(
          answers,
          answers.map(() => '200 answered'),
        );
        await rm(directory, { recursive: true });
      }),
  );
