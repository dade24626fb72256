import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { tarOf, type Written } from '../../../tests/kit/made-archive.ts';
import { listing, readListing } from './tar-listing.ts';

const limits = { membersMax: 1000, bytesMax: 10_000_000 };

const listed = (input: Buffer): string =>
  execFileSync(listing().argv[0], listing().argv.slice(1), {
    input,
    encoding: 'utf8',
    env: { LANG: 'C.UTF-8' },
    stdio: 'pipe',
  });
const read = (members: readonly Written[]) => readListing(listed(tarOf(members)), 'the archive', limits);

test('an ordinary archive is read as it is, with names of all kinds', () => {
  const members = read([
    { name: './', type: '5', mode: 0o2775 },
    { name: './files/', type: '5', mode: 0o2775 },
    { name: './files/a b "c" \\d.txt', content: 'hello' },
    { name: './files/é.txt', content: 'x' },
    { name: './files/\xff.txt', content: 'x' },
    { name: './files/x -> y', type: '2', link: '../files/é.txt' },
    { name: './files/hard', type: '1', link: './files/é.txt' },
    { name: 'files/sub/deep', content: 'y' },
  ]);
  assert.deepEqual(
    members.map(({ name, kind, sizeBytes }) => `${name} ${kind} ${sizeBytes}`),
    [
      ' directory 0',
      'files directory 0',
      'files/a b \\"c\\" \\\\d.txt file 5',
      'files/\\351.txt file 1',
      'files/\\377.txt file 1',
      'files/x -> y link 0',
      'files/hard file 0',
      'files/sub/deep file 1',
    ],
  );
});

const hostile: readonly (readonly [string, readonly Written[], RegExp])[] = [
  ['a name that goes up', [{ name: '../evil' }], /goes up/],
  ['a name that goes down and up', [{ name: 'files/../../evil' }], /goes up/],
  ['a name that ends in going up', [{ name: 'files/..' }], /goes up/],
  ['an absolute name', [{ name: '/etc/cron.d/evil' }], /absolute/],
  ['a link to an absolute path', [{ name: 'files/a', type: '2', link: '/etc' }], /leads out/],
  ['a link upwards', [{ name: 'files/a', type: '2', link: '../../x' }], /leads out/],
  ['a link that goes up behind a name', [{ name: 'a/b', type: '2', link: 'c/../../x' }], /leads out/],
  ['a file without a name', [{ name: '.', content: 'x' }], /without a name/],
  ['a link to nothing', [{ name: 'a', type: '2', link: '' }], /leads out/],
  [
    'a link, and a file written through it',
    [
      { name: 'files/a', type: '2', link: 'b' },
      { name: 'files/a/passwd', content: 'x' },
    ],
    /below what is no directory/,
  ],
  [
    'a file in a directory that then turns out to be a link',
    [{ name: 'a/b/c' }, { name: 'a/b', type: '2', link: 'x' }],
    /twice/,
  ],
  ['a file below a file', [{ name: 'a', content: 'x' }, { name: 'a/b' }], /below what is no directory/],
  ['a hard link to a file of the system', [{ name: 'a', type: '1', link: '/etc/shadow' }], /absolute/],
  ['a hard link that goes up', [{ name: 'a', type: '1', link: '../x' }], /goes up/],
  ['a hard link to what is not there', [{ name: 'a', type: '1', link: 'b' }], /a link to what is not in it/],
  [
    'a hard link to a link',
    [
      { name: 'b', type: '2', link: 'c' },
      { name: 'a', type: '1', link: 'b' },
    ],
    /a link to what is not in it/,
  ],
  ['a device', [{ name: 'a', type: '3' }], /neither a file nor a directory/],
  ['a named pipe', [{ name: 'a', type: '6' }], /neither a file nor a directory/],
  ['a setuid program', [{ name: 'a', mode: 0o4755 }], /runs as its owner/],
  ['a setgid program', [{ name: 'a', mode: 0o2755 }], /runs as its owner/],
  ['one name twice', [{ name: 'a' }, { name: './a' }], /twice/],
  ['a directory and a file of one name', [{ name: 'a/', type: '5' }, { name: 'a' }], /twice/],
  ['a newline in a name', [{ name: 'a\nb' }], /control character/],
  ['an escape sequence in a name', [{ name: 'a\x1b[31m' }], /control character/],
  ['a carriage return in a name', [{ name: 'a\rb' }], /control character/],
  ['a delete character in a name', [{ name: 'a\x7f' }], /control character/],
  ['a newline in the target of a link', [{ name: 'a', type: '2', link: 'b\nc' }], /leads out/],
  [
    'a name that looks like another line',
    [{ name: 'a"\n-rw-r--r-- 0/0 1 1970-01-01 00:00:00 "b' }],
    /control character/,
  ],
  [
    'more members than are allowed',
    Array.from({ length: 1001 }, (_, at) => ({ name: `f${at}` })),
    /more than 1000 members/,
  ],
];

for (const [what, members, message] of hostile)
  test(`refused: ${what}`, () => {
    assert.throws(() => read(members), { code: 'invalid', message });
  });

test('refused: a file that is gigantic when it is unpacked, also a sparse one', () => {
  const directory = mkdtempSync(join(tmpdir(), 'aegir-sparse-'));
  try {
    execFileSync('truncate', ['-s', '1T', join(directory, 'bomb')]);
    const sparse = execFileSync('tar', ['--create', '--sparse', '--directory', directory, 'bomb']);
    assert.ok(sparse.length < 20_000);
    assert.throws(() => readListing(listed(sparse), 'it', limits), { message: /MB when it is unpacked/ });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('refused: a listing that is none', () => {
  assert.throws(() => readListing('nonsense', 'it', limits), { message: /cannot be read/ });
  assert.throws(() => readListing('-rw-r--r-- 0/0 1 1970-01-01 00:00:00 a', 'it', limits), {
    message: /cannot be read/,
  });
});

test('whatever names are accepted, tar unpacks them below its directory', () => {
  const name = fc
    .array(fc.constantFrom('a', 'b', '..', '.', '', 'c', '...', '-x', ' ', '~', '*', '"', '\\'), {
      minLength: 1,
      maxLength: 5,
    })
    .map((parts) => parts.join('/'))
    .filter((one) => one.length < 99);
  const member = fc.oneof(
    fc.record({ name, content: fc.constant('x') }),
    fc.record({ name, type: fc.constant('2' as const), link: name }),
    fc.record({ name, type: fc.constant('1' as const), link: name }),
    fc.record({ name, type: fc.constant('5' as const) }),
  );
  const directory = mkdtempSync(join(tmpdir(), 'aegir-inside-'));
  let accepted = 0;
  try {
    fc.assert(
      fc.property(fc.array(member, { minLength: 1, maxLength: 6 }), (members) => {
        const bytes = tarOf(members);
        try {
          readListing(listed(bytes), 'it', limits);
        } catch {
          return; // It is refused, which is always fine.
        }
        accepted++;
        const script = 'rm -rf in; mkdir -p in/in; tar -x -C in/in -f - 2>/dev/null; ls -A in';
        assert.equal(execFileSync('sh', ['-c', script], { input: bytes, cwd: directory, encoding: 'utf8' }), 'in\n');
        const inside = join(directory, 'in/in');
        for (const entry of readdirSync(inside, { recursive: true, withFileTypes: true })) {
          if (!entry.isSymbolicLink()) continue;
          const end = endOf(join(entry.parentPath, entry.name));
          assert.ok(end === inside || end.startsWith(`${inside}/`), `${JSON.stringify(members)}: ${end}`);
        }
      }),
      { numRuns: 200 },
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
  assert.ok(accepted > 20, `only ${accepted} were accepted`);
});

/** Where a link leads, by what is there, else by its words; one that leads to itself stays where it is. */
function endOf(link: string): string {
  try {
    return realpathSync(link);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ELOOP' ? link : resolve(dirname(link), readlinkSync(link));
  }
}
