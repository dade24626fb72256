import { type Call, gnu } from './gnu.ts';
import { readWords } from './options.ts';
import { Refused } from './user-files.ts';

const levels = Object.fromEntries(Array.from({ length: 19 }, (_, level) => [`-${level + 1}`, '']));

const understood = {
  flags: {
    ...levels,
    '-d': 'decompress',
    '--decompress': 'decompress',
    '-t': 'test',
    '--test': 'test',
    '-c': '',
    '--stdout': '',
    '-q': '',
    '--quiet': '',
    '-f': '',
    '--force': '',
    '--no-progress': '',
    '--single-thread': '',
  },
  values: { '-T': '', '--threads': '' },
} as const;

const begin = 'simulated zstd(';
const end = ')';

/**
 * zstd in memory, from standard input (or one file) to standard output: `--decompress`, `--test`, a level, `--threads`, `--quiet`.
 * What is compressed is the text in brackets, so that one that was cut off is seen.
 */
export const zstd = gnu('zstd', (call) => {
  const { flags, rest } = readWords(call.argv, understood);
  const text = inputOf(
    call,
    rest.map(({ word }) => word),
  );
  if (!flags.has('decompress') && !flags.has('test')) return `${begin}${text}${end}`;
  if (text === '' || !begin.startsWith(text.slice(0, begin.length)))
    throw new Refused('/*stdin*\\: unsupported format');
  if (text.length <= begin.length || !text.endsWith(end))
    throw new Refused('/*stdin*\\ : Read error (39) : premature end');
  return flags.has('test') ? '' : text.slice(begin.length, -end.length);
});

function inputOf({ stdin, files }: Call, [path = '-', ...others]: readonly string[]): string {
  if (others.length > 0) throw new Refused('a simulated zstd takes one file');
  return path === '-' ? stdin : files.text(path);
}
