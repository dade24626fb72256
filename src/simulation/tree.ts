import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { MemoryWorld } from '../machine/memory-world.ts';

/** Scripts of ours that are about directories: what they answer, or why they do not. */
export const treeScripts: Readonly<
  Record<string, (input: unknown, world: MemoryWorld, user: string) => object | string>
> = {
  'copy tree': (input, world) => copyTree(treeShape.parse(input), world),
  'measure tree': (input, world) => measureTree(measureShape.parse(input), world),
  'list tree': (input, world, user) => listTree(listShape.parse(input), world, user),
  'fit tree': (input, world, user) => fitTree(fitShape.parse(input), world, user) ?? [],
};

const treeShape = z.object({
  from: z.string(),
  to: z.string(),
  only: z.array(z.string()).nullable(),
  except: z.array(z.string()),
});

/** What `copy-tree.php` does. Modes and owners go with the files, as they do when each user copies what is theirs. Or why not. */
function copyTree({ from, to, only, except }: z.infer<typeof treeShape>, world: MemoryWorld): object | string {
  for (const path of [from, to]) if (world.get(path)?.kind !== 'directory') return `there is no directory ${path}`;
  const isWanted = (path: string): boolean =>
    (only === null || only.some((name) => path.startsWith(`${name}/`))) &&
    !except.some((name) => path === name || path.startsWith(`${name}/`));
  const wanted = (at: string): readonly string[] =>
    [...world.files.keys()].filter((path) => path.startsWith(`${at}/`) && isWanted(path.slice(at.length + 1)));
  const gone = wanted(to).filter((path) => !world.get(from + path.slice(to.length)));
  for (const path of gone) world.remove(path);
  let [files, bytes] = [0, 0];
  for (const path of wanted(from)) {
    const copy = to + path.slice(from.length);
    const [source, there] = [world.get(path), world.get(copy)];
    if (!source || (there?.kind === source.kind && there.text === source.text)) continue;
    if (world.diskIsFull) return `no space is left for ${copy}`;
    const { kind, text, modifiedMs: _, ...mode } = source;
    if (kind === 'directory') world.directory(copy, mode);
    else world.put(copy, text, { kind, ...mode });
    if (kind === 'file') [files, bytes] = [files + 1, bytes + text.length];
  }
  return { files, bytes, removed: gone.length, skipped: [] };
}

const measureShape = z.object({ path: z.string(), apart: z.array(z.string()) });

function measureTree({ path, apart }: z.infer<typeof measureShape>, world: MemoryWorld): object {
  const below = (top: string) => [...world.files].filter(([one]) => one.startsWith(`${top}/`));
  const bytes = (top: string) => below(top).reduce((sum, [, { text }]) => sum + text.length, 0);
  return { files: below(path).length, bytes: bytes(path), apart: apart.map((name) => bytes(`${path}/${name}`)) };
}

const listShape = z.object({
  path: z.string(),
  only: z.array(z.string()).nullable(),
  except: z.array(z.string()),
  since: z.number().nullable(),
});

/** What `list-tree.php` does. A digest of its text stands for the time of a file, as no time passes here. Or why not. */
function listTree(
  { path, only, except, since }: z.infer<typeof listShape>,
  world: MemoryWorld,
  user: string,
): object | string {
  if (world.get(path)?.kind !== 'directory') return `there is no directory ${path}`;
  const isWanted = (name: string): boolean =>
    (only === null || only.some((one) => name.startsWith(`${one}/`))) &&
    !except.some((one) => name === one || name.startsWith(`${one}/`));
  const names = [...world.files.keys()]
    .filter((one) => one.startsWith(`${path}/`) && isWanted(one.slice(path.length + 1)))
    .toSorted();
  const lines = names.map((name) => {
    const { kind, mode, group, owner, text } = world.get(name) ?? {
      kind: 'other',
      mode: '',
      group: '',
      owner: '',
      text: '',
    };
    const time = kind === 'file' ? createHash('sha1').update(text).digest('hex') : 0;
    const words = [kind.slice(0, 1), kind === 'file' ? text.length : 0, time, mode, group, since === null ? 1 : 0];
    return [
      ...words,
      owner === user ? 1 : 0,
      `.${escaped(name.slice(path.length))}`,
      escaped(linkText(kind, text, path)),
    ];
  });
  const text = lines.map((line) => `${line.join(' ')}\n`).join('');
  return { now: 1, user: `${user}:1000`, skipped: [], lines: gzipSync(text).toString('base64') };
}

const linkText = (kind: string, text: string, top: string): string =>
  kind === 'link' ? `${text}/`.replaceAll('@', '@@').replace(`${top}/`, '@/').slice(0, -1) : '';

const escaped = (name: string): string =>
  Buffer.from(name)
    .toString('latin1')
    .replace(/[^\w./@-]/g, (sign) => `\\${sign.charCodeAt(0).toString(8).padStart(3, '0')}`);
const plain = (name: string): string =>
  Buffer.from(
    name.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))),
    'latin1',
  ).toString();

const fitShape = z.object({
  path: z.string(),
  gone: z.array(z.string()),
  directories: z.array(z.string()),
  links: z.array(z.tuple([z.string(), z.string()])),
});

/** What `fit-tree.php` does; or why not. */
function fitTree(
  { path, gone, directories, links }: z.infer<typeof fitShape>,
  world: MemoryWorld,
  user: string,
): string | null {
  if (world.get(path)?.kind !== 'directory') return `there is no directory ${path}`;
  const at = (name: string): string => path + plain(name).slice(1);
  for (const name of gone) world.remove(at(name));
  if (world.diskIsFull) return `no space is left in ${path}`;
  const own = { owner: user, group: user };
  for (const name of directories) if (!world.get(at(name))) world.directory(at(name), { mode: '0700', ...own });
  for (const [name, target] of links)
    world.put(
      at(name),
      plain(target)
        .replace(/^@(?=\/|$)/, path)
        .replaceAll('@@', '@'),
      { kind: 'link', mode: '0777', ...own },
    );
  return null;
}
