import type { Output } from '../machine/machine.ts';
import { isPath } from '../model/platform-source.ts';
import { Problem } from '../model/problem.ts';
import { mustBeHarmless } from './archive-listing.ts';
import { inSandbox, type Sandbox } from './sandbox.ts';
import { type Building, fetchedTree, type Source } from './source.ts';

const downloadMs = 20 * 60_000;
const unpackMs = 20 * 60_000;

export const archive: Source<'archive'> = {
  async fetch({ location, sha256 }, building) {
    const { sandbox } = building;
    const file = isPath(location) ? location : await downloaded(sandbox, location);
    await mustBe(building, file, location, sha256);
    const listing = await offline(sandbox, file, ['bsdtar', '--numeric-owner', '-tvvvf', file], true);
    mustBeHarmless(listing.stdout, location, sandbox.limits);
    await unpack(sandbox, file);
  },
};

async function downloaded(sandbox: Sandbox, url: string): Promise<string> {
  const file = `${sandbox.work}/archive`;
  // What was asked for over https is not to come from a redirection over http.
  const protocols = url.startsWith('https:') ? '=https' : '=http,https';
  const limits = ['--max-redirs', '5', '--connect-timeout', '30', '--max-filesize', `${sandbox.limits.bytesMax}`];
  const how = ['--fail', '--silent', '--show-error', '--location', '--proto', protocols, '--proto-redir', protocols];
  const argv = ['curl', ...how, ...limits, '--output', file, '--', url] as const;
  await inSandbox(sandbox, { argv, network: true, timeoutMs: downloadMs });
  return file;
}

async function mustBe(building: Building, file: string, location: string, wanted: string | undefined): Promise<void> {
  const { stdout } = await offline(building.sandbox, file, ['sha256sum', '--', file]);
  const sum = /^\\?([0-9a-f]{64}) /.exec(stdout)?.[1];
  if (wanted === undefined) return building.note(`the SHA-256 of ${location} is ${sum}; nobody said what it should be`);
  if (sum !== wanted.toLowerCase())
    throw new Problem('invalid', `${location} has the SHA-256 ${sum}, not ${wanted.toLowerCase()}`, {
      hint: 'It is another file than the one that was meant, or was changed on its way. Nothing of it was opened.',
    });
}

const offline = (
  sandbox: Sandbox,
  file: string,
  argv: readonly [string, ...string[]],
  quiet = false,
): Promise<Output> =>
  inSandbox(sandbox, { argv, sees: file.startsWith(`${sandbox.work}/`) ? [] : [file], timeoutMs: unpackMs, quiet });

/** Most archives hold one directory with everything in it: then that is the tree. */
async function unpack(sandbox: Sandbox, file: string): Promise<void> {
  const unpacked = `${sandbox.work}/unpacked`;
  await inSandbox(sandbox, { argv: ['mkdir', unpacked], timeoutMs: unpackMs });
  const safely = ['--no-same-owner', '--no-same-permissions', '--no-acls', '--no-xattrs', '--no-fflags'];
  await offline(sandbox, file, ['bsdtar', '-x', ...safely, '-C', unpacked, '-f', file]);
  const look = ['find', unpacked, '-mindepth', '1', '-maxdepth', '1', '-printf', '%y%p\\0'] as const;
  const { stdout } = await inSandbox(sandbox, { argv: look, timeoutMs: unpackMs, quiet: true });
  const [first = '', ...others] = stdout.split('\0').filter((entry) => entry !== '');
  const top = first.startsWith('d') && others.length === 0 ? first.slice(1) : unpacked;
  await inSandbox(sandbox, { argv: ['mv', '-T', '--', top, fetchedTree(sandbox)], timeoutMs: unpackMs });
}
