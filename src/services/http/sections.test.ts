import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { withRun } from '../../../tests/kit/faulty-machines.ts';
import { onSimulated } from '../../../tests/kit/http-benches.ts';
import { database, sample } from '../../../tests/kit/http-contract.ts';
import { Problem } from '../../model/problem.ts';
import { siteFiles } from './nginx-text.ts';
import { sectionsOf, withSection } from './sections.ts';

const sectionOf = (name: string, line = `${name} "e|o|0|";`): string => `# site ${name}\n${line}\n`;
const names = fc.uniqueArray(fc.domain(), { minLength: 1, maxLength: 12 });
const fileOf = (sites: readonly string[]): string | null =>
  sites.reduce<string | null>((text, site) => withSection(text, site, sectionOf(site)), null);

test('the same sites are the same bytes, in whatever order they came', () => {
  fc.assert(
    fc.property(names, fc.nat(), (sites, by) => {
      const turned = [...sites.slice(by % sites.length), ...sites.slice(0, by % sites.length)];
      assert.equal(fileOf(turned), fileOf(sites));
      assert.deepEqual([...sectionsOf(fileOf(sites) ?? '').keys()], sites.toSorted());
    }),
  );
});

test('what is taken out and put back leaves the file as it was, and the last one takes the file with it', () => {
  fc.assert(
    fc.property(names, (sites) => {
      const [first = ''] = sites;
      const before = fileOf(sites);
      const without = withSection(before, first, null);
      assert.equal(without, fileOf(sites.slice(1)));
      assert.equal(withSection(without, first, sectionOf(first)), before);
      assert.equal(withSection(before, first, sectionOf(first)), before);
    }),
  );
});

test('a file that somebody damaged keeps the sections that can be found', () => {
  const text = `nonsense\n${sectionOf('a.example.com')}\n# a note\n${sectionOf('b.example.com')}`;
  assert.deepEqual([...sectionsOf(text).keys()], ['a.example.com', 'b.example.com']);
  assert.equal(sectionsOf('').size, 0);
});

for (const isNew of [false, true])
  test(`what is put back because it never came into force takes no neighbour's change back, ${isNew ? 'though they share new rules' : 'in the same file'}`, () =>
    onSimulated('nginx', async (bench) => {
      const all = Array.from({ length: 300 }, (_, index) => `s${index}.example.com`);
      const sameFile = Map.groupBy(all, (name) => siteFiles(bench.config, name).map);
      const [one = '', two = ''] = [...sameFile.values()].find((some) => some.length > 1) ?? [];
      const http = bench.open();
      await http.verify();
      if (!isNew) await http.create(sample(bench, one));
      let created: Promise<unknown> | undefined;
      const deaf = withRun(bench.machine, async (command) => {
        if (command.argv[0] !== 'curl') return bench.machine.run(command);
        created ??= http.create(sample(bench, two));
        await created;
        return { exitCode: 0, stdout: '404 '.repeat(9), stderr: '' };
      });
      await assert.rejects(
        bench.open(deaf).create(sample(bench, one, { database: database('db_two') })),
        (error) => error instanceof Problem && error.code === 'timeout',
      );
      assert.equal(await bench.databaseOf(two), 'db_one');
      assert.equal(await bench.databaseOf(one), isNew ? null : 'db_one');
      assert.deepEqual(await http.create(sample(bench, two)), []);
      if (!isNew) assert.deepEqual(await http.create(sample(bench, one)), []);
    }));
