import { createRequire } from 'node:module';
import { Problem, problemCodes, problemJson } from './model/problem.ts';

/** `aegir hub | worker | agent | migrate | up`, and `aegir <noun> <verb>` for all else. Loads only what the command needs: the CLI is quick. */
async function main([command, ...rest]: readonly string[]): Promise<number> {
  switch (command) {
    case 'hub':
    case 'worker':
      return runProcess(command);
    case 'agent':
      if (rest.length === 0) return runAgentProcess();
      break; // 'agent enrol' and the like are asked of the hub
    case 'migrate':
      return runMigrate();
    case 'up': {
      const { runUp } = await import('./setup/up.ts');
      return runUp(rest);
    }
    case 'status':
      return runStatus(rest);
    default:
  }
  const { runCli } = await import('./cli/cli.ts');
  return runCli(command === undefined ? [] : [command, ...rest]);
}

/** What runs on this machine needs no hub to be told; the rest is the hub's to say, here or where AEGIR_URL is. */
async function runStatus(rest: readonly string[]): Promise<number> {
  if (rest.length === 0 && process.env['AEGIR_URL'] === undefined) {
    const { localStatusText } = await import('./setup/status.ts');
    const local = await localStatusText();
    if (local) process.stdout.write(local.text);
    if (local?.hubRuns === false) return problemCodes['server-unreachable'].exit;
  }
  const { runCli } = await import('./cli/cli.ts');
  return runCli(['status', ...rest]);
}

async function runProcess(name: 'hub' | 'worker'): Promise<number> {
  demandNotRoot(name);
  const { readEnvironment } = await import('./environment.ts');
  const { readCatalog } = await import('./built-in.ts');
  const environment = readEnvironment(process.env);
  const catalog = await readCatalog(environment.configPath);
  const stop = stopped();
  if (name === 'hub') await (await import('./hub-process.ts')).runHub(environment, catalog, version, stop);
  else await (await import('./worker-process.ts')).runWorker(environment, catalog, stop);
  return 0;
}

function demandNotRoot(name: string): void {
  if (process.getuid?.() === 0)
    throw new Problem('forbidden', `the ${name} does not run as root`, {
      hint: 'Start it with ./up, or as user aegir.',
    });
}

/** When somebody asks this process to end. */
function stopped(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}

async function runAgentProcess(): Promise<number> {
  demandNotRoot('agent');
  const { readAgentEnvironment } = await import('./environment.ts');
  const { readCatalog } = await import('./built-in.ts');
  const { secretFile } = await import('./cli/secret-file.ts');
  const { runAgent } = await import('./agent-process.ts');
  const environment = readAgentEnvironment(process.env);
  const { Secret } = await import('./model/secret.ts');
  const { credentialPath, configPath } = environment;
  const credential = new Secret(
    secretFile(credentialPath, {
      message: `there is no credential in ${credentialPath}`,
      hint: `Make one on the hub with \`aegir agent enrol SERVER\`, and write it there (mode 600). See docs/agents.md.`,
    }),
  );
  await runAgent(environment, credential, await readCatalog(configPath), version, stopped());
  return 0;
}

async function runMigrate(): Promise<number> {
  const { readEnvironment } = await import('./environment.ts');
  const { databaseUrl } = await import('./hub-process.ts');
  const { migrate } = await import('./hub/migrate.ts');
  const done = await migrate(await databaseUrl(readEnvironment(process.env)));
  process.stdout.write(done.length === 0 ? 'the database is up to date\n' : `ran ${done.join(', ')}\n`);
  return 0;
}

const { version } = createRequire(import.meta.url)('../package.json') as { readonly version: string };

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const { code, message, causes, hint } = problemJson(error);
    process.stderr.write(`${[message, ...causes].join('\n  because ')}\n${hint ? `${hint}\n` : ''}`);
    if (code === 'bug') process.stderr.write(`${error instanceof Error ? error.stack : ''}\n`);
    process.exitCode = problemCodes[code].exit;
  },
);
