import { createHash } from 'node:crypto';
import { isBelow } from '../machine/matches.ts';
import { cp } from './cp.ts';
import { dd } from './dd.ts';
import { type Call, gnu } from './gnu.ts';
import { lastValue, readWords, type Words } from './options.ts';
import { bits, No, Refused } from './user-files.ts';

/**
 * Programs that every server has, on the files of the world as their user sees them: what may not be read or written is refused,
 * `world.diskIsFull` is, and any option that is not here, as a misspelt one is.
 *
 *     cat [FILE | -]…            head, tail -c|-n N [FILE]     wc -c|-l [FILE]        b2sum, sha256sum [FILE]…
 *     tee [-a] FILE…             truncate -s N [-c] FILE…      mkdir [-p] [-m MODE]…  rm [-r] [-f] PATH…
 *     df [-P] [-m|--block-size=N] [--output=avail] PATH        du -s -b PATH…         cp, dd: see there
 */
export const coreutils = {
  cp,
  dd,
  cat: gnu('cat', (call) => contents(call, readWords(call.argv, {})).join('')),
  head: gnu('head', (call) => part(call, (units, count) => units.slice(0, count))),
  tail: gnu('tail', (call) => part(call, (units, count) => (count === 0 ? [] : units.slice(-count)))),
  wc: gnu('wc', wc),
  sha256sum: gnu('sha256sum', sums('sha256')),
  b2sum: gnu('b2sum', sums('blake2b512')),
  tee: gnu('tee', tee),
  truncate: gnu('truncate', truncate),
  mkdir: gnu('mkdir', mkdir),
  rm: gnu('rm', rm),
  df: gnu('df', df),
  du: gnu('du', du),
} as const;

/** Of the files that were named, or of standard input. */
function contents({ files, stdin, complain }: Call, { rest }: Words): readonly string[] {
  if (rest.length === 0) return [stdin];
  return rest.flatMap(({ word }) => {
    try {
      return [word === '-' ? stdin : files.text(word)];
    } catch (error) {
      complain(word, error);
      return [];
    }
  });
}

function part(
  call: Call,
  take: (units: Buffer | readonly string[], count: number) => Buffer | readonly string[],
): string {
  const words = readWords(call.argv, {
    values: { '-c': 'bytes', '--bytes': 'bytes', '-n': 'lines', '--lines': 'lines' },
  });
  const text = contents(call, words).join('');
  const bytes = lastValue(words, 'bytes');
  if (bytes !== undefined) return take(Buffer.from(text), number(bytes)).toString();
  return [...take(text.match(/[^\n]*\n|[^\n]+$/g) ?? [], number(lastValue(words, 'lines') ?? '10'))].join('');
}

function number(text: string): number {
  if (!/^\d+$/.test(text)) throw new Refused(`invalid number: '${text}'`);
  return Number(text);
}

function wc(call: Call): string {
  const words = readWords(call.argv, {
    flags: { '-c': 'bytes', '--bytes': 'bytes', '-l': 'lines', '--lines': 'lines' },
  });
  const [text = ''] = contents(call, words);
  if (words.flags.size !== 1 || words.rest.length > 1)
    throw new Refused('a simulated wc counts bytes or lines of one file');
  const count = words.flags.has('bytes') ? Buffer.byteLength(text) : text.split('\n').length - 1;
  return `${[count, ...words.rest.map(({ word }) => word)].join(' ')}\n`;
}

function sums(algorithm: string): (call: Call) => string {
  return (call) => {
    const words = readWords(call.argv, {});
    const names = words.rest.length === 0 ? ['-'] : words.rest.map(({ word }) => word);
    return names
      .flatMap((name) =>
        contents(call, { ...words, rest: name === '-' ? [] : [{ word: name, at: 0 }] }).map((text) => ({ name, text })),
      )
      .map(({ name, text }) => `${createHash(algorithm).update(text).digest('hex')}  ${name}\n`)
      .join('');
  };
}

function tee(call: Call): string {
  const { files, stdin, complain } = call;
  const words = readWords(call.argv, {
    flags: { '-a': 'append', '--append': 'append' },
    values: { '--output-error': '' },
  });
  for (const { word } of words.rest)
    try {
      const before = words.flags.has('append') && files.look(word) ? files.text(word) : '';
      files.write(word, before + stdin);
    } catch (error) {
      complain(word, error);
    }
  return stdin;
}

function truncate({ argv, files, complain }: Call): string {
  const words = readWords(argv, {
    flags: { '-c': 'no create', '--no-create': 'no create' },
    values: { '-s': 'size', '--size': 'size' },
  });
  const size = number(lastValue(words, 'size') ?? '');
  for (const { word } of words.rest)
    try {
      const there = files.look(word);
      if (!there && words.flags.has('no create')) continue;
      const bytes = Buffer.from(there ? files.text(word) : '').subarray(0, size);
      files.write(word, bytes.toString() + '\0'.repeat(size - bytes.length));
    } catch (error) {
      complain(`cannot open '${word}' for writing`, error);
    }
  return '';
}

function mkdir({ argv, files, complain }: Call): string {
  const words = readWords(argv, {
    flags: { '-p': 'parents', '--parents': 'parents' },
    values: { '-m': 'mode', '--mode': 'mode' },
  });
  const mode = lastValue(words, 'mode');
  const make = (path: string): void => {
    const isThere = files.world.get(files.path(path, 'follow'))?.kind === 'directory';
    if (words.flags.has('parents')) {
      if (isThere) return;
      const above = path.replace(/\/+[^/]*\/*$/, '');
      if (above !== path && above !== '' && above !== '.') make(above);
    }
    files.make(path, { kind: 'directory', text: '', mode: '0755' });
  };
  for (const { word } of words.rest)
    try {
      make(word);
      // The set-group bit that it has from the directory above stays.
      if (mode !== undefined) files.chmod(word, bits(mode) | (bits(files.look(word)?.mode ?? '0') & 0o2000));
    } catch (error) {
      complain(`cannot create directory '${word}'`, error);
    }
  return '';
}

function rm({ argv, files, complain }: Call): string {
  const recursive = { '-r': 'recursive', '-R': 'recursive', '--recursive': 'recursive' };
  const { flags, rest } = readWords(argv, {
    flags: { ...recursive, '-f': 'force', '--force': 'force', '--one-file-system': '' },
  });
  for (const { word } of rest)
    try {
      const there = files.look(word);
      if (!there && flags.has('force')) continue;
      if (there?.kind === 'directory' && !flags.has('recursive')) throw new No('EISDIR');
      files.remove(word);
    } catch (error) {
      complain(`cannot remove '${word}'`, error);
    }
  return '';
}

function df({ argv, files }: Call): string {
  const words = readWords(argv, {
    flags: { '-P': '', '--portability': '', '-m': 'megabytes' },
    values: { '--block-size': 'block', '-B': 'block', '--output': 'output' },
  });
  const [path] = words.rest.map(({ word }) => word);
  if (path === undefined || words.rest.length > 1) throw new Refused('a simulated df is asked about one path');
  if (!files.world.get(files.path(path, 'follow'))) throw new Refused(`${path}: ${new No('ENOENT').message}`);
  const block = words.flags.has('megabytes') ? 1024 ** 2 : number(lastValue(words, 'block') ?? '1024');
  const available = Math.floor((files.world.diskIsFull ? 0 : files.world.freeBytes) / block);
  const output = lastValue(words, 'output');
  if (output === 'avail') return `Avail\n${available}\n`;
  if (output !== undefined) throw new Refused(`option --output: field '${output}' unknown`);
  return `Filesystem ${block}-blocks Used Available Capacity Mounted on\n/dev/simulated ${2 * available} ${available} ${available} 50% /\n`;
}

/** Bytes of files and links; a directory itself takes nothing. */
function du({ argv, files }: Call): string {
  const { flags, rest } = readWords(argv, {
    flags: { '-s': 'sum', '--summarize': 'sum', '-b': 'bytes', '--bytes': 'bytes', '-x': '', '--one-file-system': '' },
  });
  if (!flags.has('sum') || !flags.has('bytes')) throw new Refused('a simulated du sums up bytes: -s -b');
  return rest
    .map(({ word }) => {
      const path = files.path(word);
      if (!files.world.get(path)) throw new Refused(`cannot access '${word}': ${new No('ENOENT').message}`);
      const below = [...files.world.files].filter(
        ([key, { kind }]) => kind !== 'directory' && (key === path || isBelow(key, path)),
      );
      return `${below.reduce((sum, [, { text }]) => sum + Buffer.byteLength(text), 0)}\t${word}\n`;
    })
    .join('');
}
