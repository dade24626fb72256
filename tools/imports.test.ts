import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

/** A folder may import itself and what stands here, and nothing else. This table is the architecture. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  model: [],
  machine: ['model'],
  services: ['model', 'machine'],
  applications: ['model', 'machine', 'services'],
  sources: ['model', 'machine', 'applications'],
  tasks: ['model', 'machine', 'services', 'applications', 'sources'],
  api: ['model'],
  hub: ['model', 'machine', 'services', 'applications', 'tasks', 'api'],
  worker: ['model', 'machine', 'services', 'applications', 'tasks', 'hub'],
  cli: ['model', 'api'],
  ui: ['model', 'api'],
  setup: ['model', 'machine', 'api', 'cli', 'hub'],
  simulation: ['model', 'machine', 'services', 'applications'],
};

/** Powers that only a few files have. */
const powers: readonly { readonly over: RegExp; readonly in: RegExp; readonly why: string }[] = [
  {
    over: /^node:child_process$/,
    in: /^(machine\/local(-\w+)?|hub\/postgres|setup\/.*)\.ts$/,
    why: 'programs run through a Machine',
  },
  {
    over: /^node:fs/,
    in: /^(machine\/local(-\w+)?|machine\/ssh-connections|hub\/migrate|hub\/postgres|hub\/seal|hub\/listen|hub\/transfers|hub\/panel|applications\/scripts|services\/db\/sqlite-script|cli\/.*|setup\/.*|main)\.ts$/,
    why: 'files are written through a Machine',
  },
  { over: /^(pg|kysely)$/, in: /^(hub|worker)\/|^main\.ts$/, why: 'only the hub and its worker know the database' },
  {
    over: /^machine\/(local|ssh|ssh-connections?|dry|memory)\.ts$/,
    in: /^(machine|simulation)\/|^setup\/|^(main|worker-process|agent-process)\.ts$/,
    why: 'hands are given, never taken',
  },
];

const folderOf = (path: string): string => path.split('/')[0] ?? '';

function complaint(file: string, target: string): string | undefined {
  const [from, to] = [folderOf(file), folderOf(target)];
  const allowed = mayImport[from];
  if (allowed && to in mayImport && to !== from && !allowed.includes(to)) return `${file} may not import ${target}`;
  const power = powers.find(({ over, in: owners }) => over.test(target) && !owners.test(file));
  return power && `${file} may not import ${target}: ${power.why}`;
}

test('imports point one way', async () => {
  const complaints: string[] = [];
  for await (const path of glob('src/**/*.{ts,tsx}')) {
    if (path.endsWith('.test.ts')) continue;
    const text = await readFile(path, 'utf8');
    for (const [, specifier = ''] of text.matchAll(/(?:from|import) '([^']+)'/g)) {
      const target = specifier.startsWith('.') ? relative('src', join(dirname(path), specifier)) : specifier;
      const found = complaint(relative('src', path), target);
      if (found) complaints.push(found);
    }
  }
  assert.deepEqual(complaints, []);
});

test('every folder of src stands in the table', async () => {
  const folders = new Set<string>();
  for await (const path of glob('src/*/**/*.{ts,tsx}')) folders.add(folderOf(relative('src', path)));
  assert.deepEqual(
    [...folders].filter((folder) => !(folder in mayImport)),
    [],
  );
});
