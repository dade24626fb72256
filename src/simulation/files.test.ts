import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { handsOf } from '../../tests/kit/machines.ts';
import { command } from '../machine/command.ts';
import { LocalMachine } from '../machine/local.ts';
import type { Machine, Output } from '../machine/machine.ts';
import { MemoryMachine } from '../machine/memory.ts';
import { simulatedWorld } from './world.ts';

// Each case is done by the real programs and by the simulated ones, on the same files; all that can be seen must be the same.

/** Path, mode, owner:group, then its text or '-> target'; a directory ends with '/'. */
type Line = readonly [path: string, mode: string, whose: string, text?: string];

/** The files of a site as its user and we leave them, and places to copy them to. */
const tree: readonly Line[] = [
  ['site/', '0755', 'root:root'],
  ['site/files/', '2770', 'www-data:www-data'],
  ['site/files/a.txt', '0644', 'www-data:www-data', 'größe ☃\n'],
  ['site/files/secret', '0600', 'www-data:www-data', 'x'],
  ["site/files/it's (1).txt", '0664', 'www-data:www-data', ''],
  ['site/files/sub/', '2775', 'www-data:www-data'],
  [`site/files/sub/${'long'.repeat(30)}`, '0640', 'www-data:www-data', 'long'],
  ['site/files/sub/program', '4755', 'www-data:www-data', 'run'],
  ['site/files/sub/closed/', '2700', 'www-data:www-data'],
  ['site/files/sub/closed/z', '0400', 'www-data:www-data', 'zz\nzz'],
  ['site/files/link', '0777', 'www-data:www-data', '-> sub/program'],
  ['site/files/dangling', '0777', 'www-data:www-data', '-> ../nothing'],
  ['site/ours', '0640', 'root:root', 'ours'],
  ['site/shared', '0644', 'root:root', 'shared'],
  ['mine/', '0755', 'www-data:www-data'],
  ['given/', '2770', 'root:www-data'],
  ['locked/', '0755', 'root:root'],
  ['used/', '0755', 'www-data:www-data'],
  ['used/files/', '0775', 'root:www-data'],
  ['used/files/a.txt', '0640', 'root:root', 'old'],
  ['used/files/extra', '0644', 'www-data:www-data', 'stays'],
];

/** In `cwd` (below the directory of the case), as this user, one after the other or as one pipe. */
interface Case {
  readonly user?: 'root' | 'www-data';
  readonly cwd?: string;
  readonly run: readonly (readonly [string, ...string[]])[];
  readonly pipe?: readonly (readonly [cwd: string, argv: readonly [string, ...string[]]])[];
}

async function played(
  machine: Machine,
  directory: string,
  { user = 'www-data', cwd = '', run, pipe }: Case,
): Promise<readonly string[]> {
  const seen: string[] = [];
  const as = (argv: readonly string[], at: string) => ({
    ...command`sudo -n -u ${user} ${argv}`,
    cwd: `${directory}/${at}`.replace(/\/$/, ''),
    allow: Array.from({ length: 256 }, (_, code) => code),
  });
  const say = ({ exitCode, stdout, stderr }: Output): void =>
    void seen.push(`exit code ${exitCode}`, stdout, plain(stderr));
  if (pipe)
    await machine.pipe({
      commands: [as(pipe[0]![1], pipe[0]![0]), ...pipe.slice(1).map(([at, argv]) => as(argv, at))],
    });
  for (const argv of run)
    say(
      await machine.run(
        as(
          argv.map((word) => word.replaceAll('@', directory)),
          cwd,
        ),
      ),
    );
  for (const { path, kind, mode, owner, group } of await machine.find(directory, {})) {
    // Times and checksums of an archive differ; what is in it is listed.
    const isText = kind === 'file' && !path.endsWith('.tar');
    const text = isText ? JSON.stringify(await machine.read(path)) : kind;
    seen.push(`${path} ${mode} ${owner}:${group} ${text}`);
  }
  return seen.map((line) => line.replaceAll(directory, '')).toSorted();
}

/** Without what is said besides, and in plain quotes. */
const plain = (stderr: string): string =>
  stderr
    .replaceAll(/[‘’]/g, "'")
    .replaceAll("'\\''", "'")
    .replaceAll(/^(Try '|tar: (Exiting with|Error is not|Removing leading)).*\n/gm, '')
    .split('\n')
    .toSorted()
    .join('\n');

function realPlace(t: TestContext): { machine: Machine; directory: string } {
  const directory = mkdtempSync(join(tmpdir(), 'aegir-simulated-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  execFileSync('chmod', ['0755', directory]);
  const make = `
    while [ $# -gt 0 ]; do
      case "$1" in */) mkdir -p "$1" ;; *) case "$4" in '-> '*) ln -s "\${4#-> }" "$1" ;; *) printf %s "$4" >"$1" ;; esac ;; esac
      chown -h "$3" "$1"; [ -L "$1" ] || chmod "$2" "$1"; touch -hd @1700000000 "$1"; shift 4
    done`;
  execFileSync(
    'sh',
    ['-c', make, 'sh', ...tree.flatMap(([path, mode, whose, text = '']) => [path, mode, whose, text])],
    { cwd: directory },
  );
  return { machine: new LocalMachine(handsOf(new AbortController(), [])), directory };
}

function simulatedPlace(): { machine: MemoryMachine; directory: string } {
  const world = simulatedWorld();
  world.sudoIsFree = true;
  world.directory('/work', { mode: '0755', owner: 'root', group: 'root' });
  for (const [path, mode, whose, text = ''] of tree) {
    const [owner = '', group = ''] = whose.split(':');
    const kind = path.endsWith('/') ? 'directory' : text.startsWith('-> ') ? 'link' : 'file';
    const plainMode = mode.startsWith('0') ? mode : `0${mode}`;
    const more = { kind, mode: plainMode, owner, group, modifiedMs: 1_700_000_000_000 } as const;
    world.put(`/work/${path.replace(/\/$/, '')}`, text.replace(/^-> /, ''), more);
  }
  return { machine: new MemoryMachine(handsOf(new AbortController(), []), world), directory: '/work' };
}

const cases: Readonly<Record<string, Case>> = {};
const add = (name: string, run: string, more: Omit<Case, 'run'> = {}): void => {
  const words = (text: string) => text.trim().split(' ') as [string, ...string[]];
  Object.assign(cases, {
    [name]: {
      run: run
        .split(' ; ')
        .filter((part) => part !== '')
        .map(words),
      ...more,
    },
  });
};
const tarPipe = (from: string, what: string, to: string, how: string, user?: 'root'): void =>
  add(`tar ${what} in ${from} | tar ${how} in ${to}${user ? ` as ${user}` : ''}`, '', {
    ...(user && { user }),
    pipe: [
      [from, ['tar', '-cf', '-', ...what.split(' ')]],
      [to, ['tar', ...how.split(' ')]],
    ],
  });

for (const how of ['-xf -', '-xpmf -'])
  for (const [from, what, to] of [
    ['site', 'files', 'mine'],
    ['site', 'files', 'used'],
    ['site/files', '.', 'given'],
    ['site/files', '.', 'used/files'],
    ['site/files', 'sub link', 'locked'],
  ] as const)
    for (const user of [undefined, 'root'] as const) tarPipe(from, what, to, how, user);
tarPipe('site', 'files', 'given', '--extract --preserve-permissions --no-same-owner', 'root');
tarPipe('site', 'files ours shared', 'mine', '-xf -');
tarPipe('site', '--exclude=sub files', 'mine', '-xf -');
tarPipe('site', '--exclude=*.txt --exclude=closed files', 'mine', '-xf -');
tarPipe('site', '--anchored --exclude=files/s* --exclude=program files', 'mine', '-xf -');
tarPipe('site', '-C files --exclude=./sub/closed .', 'mine', '-xf - --strip-components=1');
tarPipe('site', '--no-recursion files files/a.txt', 'mine', '-xf - -C ../given');
tarPipe('site', 'files', 'mine', '-xf - files/sub/closed files/link');

add(
  'tar to a file, listed and read',
  'tar -cf mine/x.tar --sort=name -C site files ; tar -tf mine/x.tar ; tar -xOf mine/x.tar files/a.txt files/sub/closed/z ; tar -C nothing -xf mine/x.tar ; tar -xf mine/x.tar nothing ; tar -tf mine/x.tar files/sub/closed',
);
add(
  'tar of what is not there, or not to be read',
  'tar -cf mine/x.tar nothing -C site shared ; tar -cf mine/y.tar -C site ours shared ; tar -tf mine/y.tar ; tar -cf locked/x.tar site/shared ; tar -tf nothing',
);
add('tar of what is no archive', 'tar -tf site/shared ; tar -tf site/files/secret');
add('tar refuses', 'tar ; tar -cf mine/x.tar ; tar --nonsense ; tar -cxf x ; tar -cf mine/x.tar --zz site');
const listing = 'tar --list --verbose --utc --numeric-owner --full-time --quoting-style=c --absolute-names';
add(
  'tar says what is in an archive',
  `tar -cf mine/x.tar -C site files/sub/program files/a.txt shared files/link ; ${listing} --file=mine/x.tar ; tar -tvf mine/x.tar --utc`,
);
add('tar with absolute names', 'tar -cPf mine/x.tar @/site/shared ; tar -tPf mine/x.tar ; tar -tf mine/x.tar', {
  user: 'root',
});
add(
  'cp of files',
  'cp site/shared mine ; cp site/files/a.txt mine/b ; cp site/files/link mine/l ; cp -d site/files/link mine/m ; cp site/ours mine ; cp nothing mine ; cp site/shared locked ; cp site/files mine ; cp site/shared used/files/a.txt ; cp -n site/shared used/files/extra ; cp -p site/files/secret mine ; cp site/shared mine/b ; cp a',
);
add(
  'cp of files as root',
  'cp site/ours mine ; cp -p site/files/sub/program mine ; cp site/files/secret given ; cp -a site/files/link used ; cp -f site/shared used/files/a.txt',
  { user: 'root' },
);
for (const user of ['www-data', 'root'] as const)
  for (const how of ['-a --reflink=auto', '-r', '-dR --preserve=mode,timestamps'])
    for (const what of ['site/files mine', 'site/files/. given', 'site/files used', 'site/files mine/new'])
      add(`cp ${how} ${what} as ${user}`, `cp ${how} ${what}`, { user });
add('cp -aT', 'cp -aT site/files used/files ; cp -aT site/files mine/new ; cp -aT site/shared site/files mine');
add(
  'cp of what links lead to',
  'cp -rL site/files used/files ; cp -L site/files/link mine/new ; cp -rL site/files/sub mine',
  { user: 'root' },
);
add('cp of several', 'cp -rp site/shared site/files mine ; cp -rp site/shared site/files mine/new');
add(
  'cp refuses',
  'cp --nonsense a b ; cp ; cp -aT site/shared mine ; cp -a site/files site/shared ; cp -a site/shared site/ours nothing',
);
add(
  'mkdir',
  'mkdir mine/a ; mkdir mine/a ; mkdir -p mine/a/b/c ; mkdir given/a ; mkdir -m 0700 given/b ; mkdir locked/a ; mkdir mine/x/y',
);
add(
  'rm',
  'rm used/files/extra ; rm used/files ; rm -r used/files ; rm mine/nothing ; rm -f mine/nothing ; rm -rf locked ; rm site/files/link ; rm -rf site/files',
);
add('rm as root', 'rm -r site/files/sub ; rm -rf site used', { user: 'root' });
add(
  'cat, head, tail, wc, b2sum and sha256sum',
  'cat site/shared site/ours site/files/a.txt ; cat nothing ; cat site ; head -c 3 site/shared ; head -n 1 site/files/sub/closed/z ; tail -c 2 site/shared ; tail -n 1 site/files/sub/closed/z ; wc -c site/files/a.txt ; wc -l site/files/a.txt ; sha256sum site/files/a.txt site/shared ; sha256sum nothing ; b2sum site/files/a.txt site/shared ; wc -Z ; head -Z',
);
add(
  'tee, truncate and dd',
  'tee mine/a locked/a ; truncate -s 3 mine/b used/files/extra ; truncate -s 2 locked/x ; truncate -c -s 2 mine/nothing ; dd if=site/shared of=mine/c status=none ; dd if=site/shared of=used/files/extra bs=1 seek=2 count=2 conv=notrunc status=none ; dd if=site/shared of=mine/c conv=excl status=none ; dd if=nothing status=none ; dd if=site/shared bs=2 skip=1 status=none ; dd x=1',
);

for (const [name, one] of Object.entries(cases))
  test(`as the real programs do: ${name}`, async (t) => {
    const real = realPlace(t);
    const simulated = simulatedPlace();
    const attempt = async ({ machine, directory }: { machine: Machine; directory: string }) => {
      try {
        return await played(machine, directory, one);
      } catch (error) {
        const left = await played(machine, directory, { run: [] });
        return [plain(String(error)).replaceAll(directory, ''), ...left];
      }
    };
    assert.deepEqual(await attempt(simulated), await attempt(real));
  });
