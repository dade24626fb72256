import type { Machine, Output } from '../machine/machine.ts';
import type { MemoryWorld, Program } from '../machine/memory-world.ts';
import { simulatedDrupal, simulatedWordpress } from './php.ts';
import type { Simulation } from './world.ts';

/** Which code everything that can be fetched holds: 'drupal' or 'wordpress', as the text of this file says. */
export const codeToFetch = '/srv/simulated-code';

/** What fetches and builds code, as far as sources/ and tasks/platform-build.ts ask it: the sandbox and what runs in it. */
export const build: Simulation = (world) => {
  world.directory('/var/aegir/builds', { owner: 'aegir-build', group: 'aegir', mode: '0750' });
  world.put(codeToFetch, 'drupal');
  world.programs.set('bwrap', bwrap);
  world.programs.set('pkill', () => ({ exitCode: 1 })); // A simulated program ends when it has answered.
  for (const [name, program] of Object.entries(outside)) world.programs.set(name, program);
};

type Said = Partial<Output> & { readonly stdout?: string };
type Run = (words: readonly string[], world: MemoryWorld, machine: Machine) => Said;

const full: Said = { exitCode: 1, stderr: 'No space left on device\n' };
const after = (words: readonly string[], option: string): string => words[words.indexOf(option) + 1] ?? '';
const last = (words: readonly string[]): string => words.at(-1) ?? '';
const below = (world: MemoryWorld, root: string) =>
  [...world.files].filter(([path]) => path.startsWith(`${root}/`)).map(([path, file]) => ({ path, file }));

/** Everything before the time limit is about where the program runs; here it runs in the one world there is. */
const bwrap: Program = ({ argv }, machine) => {
  const [name = '', ...words] = argv.slice(argv.indexOf('timeout') + 3);
  const run = inside[name];
  if (!run) return { exitCode: 127, stderr: `timeout: failed to run command '${name}': No such file or directory\n` };
  return run(words, machine.world, machine);
};

const inside: Readonly<Record<string, Run>> = {
  true: () => ({}),
  mkdir: (words, world) => {
    if (world.diskIsFull) return full;
    for (const path of words) world.directory(path, { owner: 'aegir-build', group: 'aegir-build' });
    return {};
  },
  rm: (words, world) => {
    world.remove(last(words));
    return {};
  },
  chmod: () => ({}),
  mv: (words, world) => {
    world.move(words.at(-2) ?? '', last(words));
    return {};
  },
  du: () => ({ stdout: '4096\tsimulated\n' }),
  curl: (words, world) => (world.diskIsFull ? full : written(world, after(words, '--output'), 'a simulated archive')),
  sha256sum: () => ({ stdout: `${'0'.repeat(64)}  simulated\n` }),
  bsdtar: (words, world) => {
    if (words.includes('-tvvvf')) return { stdout: 'Archive Format: GNU tar format,  Compression: gzip\n' };
    return put(world, `${after(words, '-C')}/code-1.0`);
  },
  git: (words, world) => {
    const tree = after(words, '-C');
    if (words.includes('rev-parse')) return { stdout: `${'a'.repeat(40)}\n` };
    if (!words.includes('checkout')) return {};
    world.put(`${tree}/.git`, 'simulated');
    return put(world, tree);
  },
  composer: (words, world) => {
    if (words[0] === 'install') return written(world, `${last(words).split('=')[1]}/vendor/installed.php`, '<?php\n');
    const tree = words[words.indexOf('--') + 2] ?? '';
    world.put(`${tree}/composer.json`, '{}');
    return put(world, `${tree}/web`);
  },
  drush: (words, world) => (words.includes('--help') ? {} : put(world, last(words))),
  find: (words, world) => {
    if (words.includes('-maxdepth')) return { stdout: `d${words[0]}/code-1.0\0` };
    for (const { path } of below(world, words[0] ?? '')) if (path.endsWith('/.git')) world.remove(path);
    return {};
  },
};

function written(world: MemoryWorld, path: string, text: string): Said {
  world.put(path, text, { owner: 'aegir-build', group: 'aegir-build' });
  return {};
}

function put(world: MemoryWorld, root: string): Said {
  if (world.diskIsFull) return full;
  if (world.text(codeToFetch) === 'drupal') simulatedDrupal(world, root);
  else simulatedWordpress(world, root);
  return {};
}

const known: Readonly<Record<string, string>> = { file: 'f', directory: 'd', link: 'l', other: 'p' };

const outside: Readonly<Record<string, Program>> = {
  df: ({ argv }, { world }) => {
    if (!argv[1]?.startsWith('--output')) return { exitCode: 127, stderr: 'df: not found' };
    return { stdout: `Avail\n${world.diskIsFull ? 0 : 1e12}\n` };
  },
  find: ({ argv }, { world }) => {
    const root = argv[1] === '-L' ? '' : (argv[1] ?? '');
    if (root === '') return {}; // Asked for what is not public: nothing is.
    const lines = below(world, root).map(({ path, file: { kind, mode, text } }) => {
      const target = kind === 'link' ? text : '';
      return `${known[kind]} ${mode.slice(1)} ${text.length} ${target}\0${path.slice(root.length + 1)}\0`;
    });
    return { stdout: lines.join('') };
  },
  cp: ({ argv }, { world }) => {
    const [from = '', to = ''] = argv.slice(-2);
    if (world.diskIsFull) return full;
    world.directory(to);
    for (const { path, file } of below(world, from))
      if (file.kind === 'directory') world.directory(to + path.slice(from.length));
      else world.put(to + path.slice(from.length), file.text, { kind: file.kind, mode: file.mode });
    return {};
  },
  chmod: () => ({}),
  chgrp: () => ({}),
  sync: () => ({}),
  'dpkg-query': ({ argv }, { world }) => {
    const path = `/usr/share/${last(argv)}`;
    if (!world.get(path)) return { exitCode: 1, stderr: `dpkg-query: no packages found matching ${last(argv)}\n` };
    return { stdout: argv.includes('--listfiles') ? `/.\n/usr/share\n${path}\n` : 'installed 6.1.9-1' };
  },
};
