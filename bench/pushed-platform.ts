import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeKey } from '../src/hub/hub-key.ts';
import type { Machine } from '../src/machine/machine.ts';
import { SshConnections } from '../src/machine/ssh-connections.ts';
import { HostKeys } from '../src/model/host-keys.ts';
import { spreadCode } from '../src/tasks/spread/spread-code.ts';
import { type Figure, figure, percentile } from './figure.ts';
import { type Resources, say } from './resources.ts';
import { type Sshd, startSshd } from './sshd.ts';

const [files, filesOfDirectory, bytesMax, rounds] = [20_000, 40, 10_000, 5];
const goalShare = 0.05;

/**
 * Issue 5: what it costs to bring a platform to a member of a cluster again that has it, beside the first time. The server that has it and the
 * member are both reached by ssh. They are one machine, but on the member another directory lies where the platform is.
 */
export async function pushedPlatform(resources: Resources): Promise<Figure> {
  const directory = await resources.directory('platform');
  const [root, there] = [join(directory, 'code'), join(directory, 'there')];
  for (const path of [root, there]) await mkdir(path);
  await writeCode(root);
  const { source, member } = await reached(resources, { at: root, is: there });
  const platform = {
    ...{ machine: source, siteDirectories: [] },
    build: { source: { type: 'path' as const }, tree: root, isBuilt: true, limits: { bytesMax: 0, filesMax: 0 } },
    // Of a web server only where it publishes is asked, and nothing is said.
    http: { spread: { members: [{ server: 'member', machine: member }] } },
    report: {},
  } as unknown as Parameters<typeof spreadCode>[0];
  const push = async (): Promise<{ readonly ms: number; readonly changes: readonly string[] }> => {
    const begun = performance.now();
    const changes = await spreadCode(platform, root);
    return { ms: performance.now() - begun, changes };
  };
  const first = await push();
  demand(
    first.changes.some((change) => change.includes(`brought ${files} files`)),
    first.changes,
  );
  const again: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { ms, changes } = await push();
    demand(changes.length === 0, changes);
    again.push(ms);
  }
  await appendFile(join(root, 'd0/f0.php'), '// changed\n');
  const one = await push();
  demand(
    one.changes.some((change) => change.includes('brought 1 file')),
    one.changes,
  );
  const times = again.map((ms) => ms.toFixed(0)).join(', ');
  say(`  first ${first.ms.toFixed(0)} ms; unchanged ${times} ms; one file changed ${one.ms.toFixed(0)} ms`);
  return figure({
    name: `bring a platform of ${files} files to a member by ssh again, unchanged (beside: the first time)`,
    ...{ unit: 'ms', value: percentile(again, 0.5), reference: first.ms },
    goal: `at most ${goalShare * 100} %`,
    ok: (value, reference) => value <= goalShare * reference,
  });
}

/** As many files as a large Drupal has, as large as they are there. */
async function writeCode(root: string): Promise<void> {
  say(`writing ${files} files`);
  const text = randomBytes(bytesMax * 3).toString('base64');
  await mkdir(join(root, 'sites'));
  for (let directory = 0; directory < files / filesOfDirectory; directory++) {
    const at = join(root, `d${directory}`);
    await mkdir(at);
    const of = (file: number): string =>
      text.slice(file * 7, file * 7 + ((file * 7919 + directory * 104_729) % bytesMax));
    await Promise.all(
      Array.from({ length: filesOfDirectory }, (_, file) => writeFile(join(at, `f${file}.php`), of(file))),
    );
  }
}

async function reached(
  resources: Resources,
  hides: { readonly at: string; readonly is: string },
): Promise<{ readonly source: Machine; readonly member: Machine }> {
  const key = makeKey();
  const connections = new SshConnections(await resources.directory('ssh'), key.private);
  resources.defer(() => connections.close());
  const machine = async (id: string, sshd: Sshd): Promise<Machine> => {
    await sshd.letIn(key.public);
    const hostKeys = new HostKeys([sshd.hostKey]);
    const server = {
      id,
      name: id,
      host: '127.0.0.1',
      sshPort: sshd.port,
      status: 'enabled',
      data: {},
      hostKeys,
    } as const;
    const log = { append: async () => {} };
    return connections.machine(server, { name: id, log, claim: new AbortController().signal });
  };
  return {
    source: await machine('source', await startSshd(resources)),
    member: await machine('member', await startSshd(resources, hides)),
  };
}

function demand(holds: boolean, changes: readonly string[]): void {
  if (!holds) throw new Error(`the push was not what it should be: ${JSON.stringify(changes)}`);
}
