import { isPath } from '../model/platform-source.ts';
import { inSandbox, type Sandbox } from './sandbox.ts';
import { type Building, fetchedTree, type Source } from './source.ts';

const installMs = 40 * 60_000;

const quietly = ['--no-interaction', '--no-progress', '--no-ansi'] as const;

/** Plug-ins and scripts of the project run here, as its `allow-plugins` says: it is the project's own decision, and the sandbox bears it. */
export const composer: Source<'composer'> = {
  async fetch({ package: name, version, repository }, { sandbox }) {
    const how = [...quietly, '--no-dev', '--remove-vcs', ...(repository === undefined ? [] : [given(repository)])];
    const what = [name, fetchedTree(sandbox), ...(version === undefined ? [] : [version])];
    await run(sandbox, ['create-project', ...how, '--', ...what], isPath(repository ?? '') ? [repository ?? ''] : []);
  },
};

/** Of a project that is there already: what its lock file says, if it has one. */
export const installDependencies = ({ sandbox }: Building): Promise<void> =>
  run(sandbox, ['install', ...quietly, '--no-dev', `--working-dir=${fetchedTree(sandbox)}`], []);

/** A directory of the server holds packages as zip files. */
const given = (repository: string): string => {
  const type = isPath(repository) ? 'artifact' : 'composer';
  return `--repository=${JSON.stringify({ type, url: repository })}`;
};

async function run(sandbox: Sandbox, words: readonly string[], sees: readonly string[]): Promise<void> {
  const environment = {
    // Nothing is shared between builds: what one left in a cache another would install.
    COMPOSER_HOME: `${sandbox.work}/home/composer`,
    COMPOSER_CACHE_DIR: `${sandbox.work}/home/composer-cache`,
    COMPOSER_NO_INTERACTION: '1',
    COMPOSER_PROCESS_TIMEOUT: '1800',
    GIT_ALLOW_PROTOCOL: 'https',
    GIT_TERMINAL_PROMPT: '0',
  };
  await inSandbox(sandbox, { argv: ['composer', ...words], network: true, sees, environment, timeoutMs: installMs });
}
