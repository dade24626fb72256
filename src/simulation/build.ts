import type { Output } from '../machine/machine.ts';
import type { MemoryFile, MemoryWorld, Program } from '../machine/memory-world.ts';
import { buildUser } from '../model/platform-source.ts';
import { simulatedDrupal, simulatedWordpress } from './code.ts';
import type { Simulation } from './world.ts';

/** Which code everything that can be fetched holds: 'drupal' or 'wordpress', as the text of this file says. */
export const codeToFetch = '/srv/simulated-code';

/** What fetches and builds code, as far as sources/ and tasks/platform-build.ts ask it: the sandbox and what runs in it. */
export const build: Simulation = (world) => {
  world.directory('/var/aegir/builds', { owner: buildUser, group: 'aegir', mode: '0750' });
  world.put(codeToFetch, 'drupal');
  world.programs.set('bwrap', bwrap);
  world.programs.set('pkill', () => ({ exitCode: 1 })); // A simulated program ends when it has answered.
  for (const [name, program] of Object.entries(outside)) world.programs.set(name, program);
};

type Run = (words: readonly string[], world: MemoryWorld) => Partial<Output>;

const after = (words: readonly string[], option: string): string => words[words.indexOf(option) + 1] ?? '';
const last = (words: readonly string[]): string => words.at(-1) ?? '';
const below = (world: MemoryWorld, root: string): [string, MemoryFile][] =>
  [...world.files].filter(([path]) => path.startsWith(`${root}/`));

/** Everything before the time limit is about where the program runs; here it runs in the one world there is. */
const bwrap: Program = (command, machine, user) => {
  const [name = '', ...words] = command.argv.slice(command.argv.indexOf('timeout') + 3);
  const [own, other] = [inside[name], machine.world.programs.get(name)];
  if (own) return own(words, machine.world);
  if (other) return other({ ...command, argv: [name, ...words] }, machine, user);
  return { exitCode: 127, stderr: `timeout: failed to run command '${name}': No such file or directory\n` };
};

/** Programs that are only there for who builds. Files that they make are the build user's. */
const inside: Readonly<Record<string, Run>> = {
  true: () => ({}),
  chmod: () => ({}),
  mv: (words, world) => {
    world.move(words.at(-2) ?? '', last(words));
    return {};
  },
  curl: (words, world) => written(world, after(words, '--output'), 'a simulated archive'),
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
    written(world, `${tree}/composer.json`, '{}');
    return put(world, `${tree}/web`);
  },
  drush: (words, world) => (words.includes('--help') ? {} : put(world, last(words))),
  find: (words, world) => {
    if (words.includes('-maxdepth')) return { stdout: `d${words[0]}/code-1.0\0` };
    for (const [path] of below(world, words[0] ?? '')) if (path.endsWith('/.git')) world.remove(path);
    return {};
  },
};

const builders = { owner: buildUser, group: buildUser };

function written(world: MemoryWorld, path: string, text: string): Partial<Output> {
  if (world.diskIsFull) return { exitCode: 1, stderr: 'No space left on device\n' };
  world.put(path, text);
  belongs(world, path.slice(0, path.lastIndexOf('/')));
  return {};
}

function put(world: MemoryWorld, root: string): Partial<Output> {
  if (world.diskIsFull) return { exitCode: 1, stderr: 'No space left on device\n' };
  if (world.text(codeToFetch) === 'drupal') simulatedDrupal(world, root);
  else simulatedWordpress(world, root);
  belongs(world, root);
  return {};
}

function belongs(world: MemoryWorld, root: string): void {
  for (const [path, file] of [...below(world, root), [root, world.get(root)] as const])
    if (file?.kind === 'directory') world.directory(path, builders);
    else if (file) world.put(path, file.text, { ...file, ...builders });
}

const kinds: Readonly<Record<string, string>> = { file: 'f', directory: 'd', link: 'l', other: 'p' };

const outside: Readonly<Record<string, Program>> = {
  find: ({ argv }, { world }) => {
    const [, root = ''] = argv;
    if (root === '-L') return {}; // Asked for what is not public: nothing is.
    const lines = below(world, root).map(([path, { kind, mode, text }]) => {
      const target = kind === 'link' ? text : '';
      return `${kinds[kind]} ${mode.slice(1)} ${text.length} ${target}\0${path.slice(root.length + 1)}\0`;
    });
    return { stdout: lines.join('') };
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
