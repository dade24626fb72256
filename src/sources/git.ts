import { isPath } from '../model/platform-source.ts';
import { installDependencies } from './composer.ts';
import { inSandbox, type Sandbox } from './sandbox.ts';
import { type Building, fetchedTree, type Source } from './source.ts';

const fetchMs = 20 * 60_000;
const shortMs = 5 * 60_000;

export const git: Source<'git'> = {
  async fetch({ repository, ref = 'HEAD', composer = false }, building) {
    const { sandbox } = building;
    const tree = fetchedTree(sandbox);
    const run = gitOf(sandbox, repository);
    if (isPath(repository)) await run(['config', '--global', 'safe.directory', '*']);
    // An empty template, so that there are no hooks; a remote, so that submodules beside it are found.
    await run(['init', '--quiet', '--template=', tree]);
    await run(['-C', tree, 'remote', 'add', 'origin', repository]);
    await run(['-C', tree, 'fetch', '--depth=1', '--no-tags', '--no-recurse-submodules', 'origin', ref], fetchMs);
    await run(['-C', tree, 'checkout', '--quiet', '--detach', 'FETCH_HEAD']);
    await run(['-C', tree, 'submodule', 'update', '--init', '--recursive', '--depth=1'], fetchMs);
    const { stdout } = await run(['-C', tree, 'rev-parse', 'HEAD']);
    await building.note(`${repository} ${ref} is the commit ${stdout.trim()}`);
    await forgetHistory(building);
    if (composer) await installDependencies(building);
  },
};

/**
 * What git may speak, whatever a repository or a submodule of it asks for. A repository on the server sees itself alone,
 * so that its submodules must lie below it or come by https.
 */
function gitOf(sandbox: Sandbox, repository: string) {
  const local = isPath(repository);
  const environment = {
    GIT_ALLOW_PROTOCOL: local ? 'file:https' : 'https',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_LFS_SKIP_SMUDGE: '1',
  };
  return (words: readonly string[], timeoutMs = shortMs) =>
    inSandbox(sandbox, {
      argv: ['git', '-c', 'core.hooksPath=/dev/null', ...words],
      ...{ environment, timeoutMs, network: !local || words.includes('submodule'), sees: local ? [repository] : [] },
    });
}

/** A platform is not worked on. Without its .git nobody runs git in it, with what its configuration and hooks would have git run. */
const forgetHistory = async ({ sandbox }: Building): Promise<void> => {
  const words = ['-name', '.git', '-prune', '-exec', 'rm', '-rf', '--', '{}', '+'];
  await inSandbox(sandbox, { argv: ['find', fetchedTree(sandbox), ...words], timeoutMs: shortMs });
};
