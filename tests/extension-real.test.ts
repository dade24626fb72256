import assert from 'node:assert/strict';
import { test } from 'node:test';
import { siteContact } from '../examples/site-contact.ts';
import type { LinesFor } from '../src/tasks/catalog.ts';
import { onReal } from './kit/http-benches.ts';
import { sample } from './kit/http-contract.ts';

const contact = 'Ann (team A), 555-0100 @work/+1.2-3';
// Only what the example looks at.
const site = { site: { data: { contact } }, platform: { version: '10.1.2' } } as unknown as LinesFor;

for (const server of ['nginx', 'apache'] as const)
  test(`real ${server} takes the example's line and sends it with every page`, () =>
    onReal(server, async (bench) => {
      const lines = (siteContact.vhostLines ?? []).filter(({ engine }) => engine === server);
      const http = bench.open(bench.machine);
      await http.verify();
      await http.create(sample(bench, 'one.example.com', { lines: lines.flatMap((one) => one.lines(site)) }));
      await http.create(sample(bench, 'two.example.com'));
      const [one, two] = [await bench.ask('http://one.example.com/'), await bench.ask('http://two.example.com/')];
      assert.deepEqual([one.status, two.status], [200, 200]);
      assert.equal(one.headers.get('x-contact'), contact);
      assert.equal(one.headers.get('x-content-type-options'), 'nosniff', "the engine's own headers stay");
      assert.equal(two.headers.get('x-contact'), undefined);
    }));
