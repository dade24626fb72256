/** The blocks of an ordinary tar archive (POSIX.1-2001, "pax"), as text: all of them are ASCII. */
const blockBytes = 512;

/** A ustar header has eleven octal digits for the size; the pax record before it says it once more, for what is larger. */
const ustarSizeMax = 8 ** 11 - 1;

/**
 * What stands before the content of a member: always `headBytes` long, whatever the size, so that room can be left for
 * it until the size is known. `name` is up to 80 plain characters.
 */
export function memberHead(name: string, modified: Date, sizeBytes: number): string {
  if (!/^[A-Za-z0-9._-]{1,80}$/.test(name)) throw new TypeError(`not a name for a member: '${name}'`);
  const record = `29 size=${String(sizeBytes).padStart(20, '0')}\n`;
  const seconds = Math.floor(modified.getTime() / 1000);
  return [
    header({ name: `PaxHeaders/${name}`, type: 'x', sizeBytes: record.length, seconds }),
    record.padEnd(blockBytes, '\0'),
    header({ name, type: '0', sizeBytes: sizeBytes > ustarSizeMax ? 0 : sizeBytes, seconds }),
  ].join('');
}
export const headBytes = 3 * blockBytes;

/** What stands behind a content of so many bytes, up to the next block. */
export const padding = (sizeBytes: number): string => '\0'.repeat((blockBytes - (sizeBytes % blockBytes)) % blockBytes);

export const endOfArchive = '\0'.repeat(2 * blockBytes);

function header({
  name,
  type,
  sizeBytes,
  seconds,
}: {
  readonly name: string;
  readonly type: '0' | 'x';
  readonly sizeBytes: number;
  readonly seconds: number;
}): string {
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  const start = [
    name.padEnd(100, '\0'),
    octal(0o600, 7),
    octal(0, 7),
    octal(0, 7),
    octal(sizeBytes, 11),
    octal(seconds, 11),
  ];
  const end = [
    type,
    '\0'.repeat(100),
    'ustar\0',
    '00',
    'aegir'.padEnd(32, '\0'),
    'aegir'.padEnd(32, '\0'),
    octal(0, 7),
    octal(0, 7),
  ];
  // The sum is taken with blanks in its own place.
  const text = (sum: string): string => [...start, sum, ...end].join('').padEnd(blockBytes, '\0');
  const sum = Buffer.from(text(' '.repeat(8)), 'latin1').reduce((total, byte) => total + byte, 0);
  return text(`${octal(sum, 6)} `);
}
