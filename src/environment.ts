import { z } from 'zod';
import { Problem } from './model/problem.ts';

/** What a process is told by its environment, read once and here only. Nothing has a secret as its default. */
const schema = z.object({
  /** An external PostgreSQL; without it the hub starts or adopts one of its own below the state directory. */
  DATABASE_URL: z.string().optional(),
  AEGIR_STATE: z.string().default('/var/aegir/hub'),
  /** Files that are uploaded, or wait to be downloaded, on the hub's machine. */
  AEGIR_TRANSFERS: z.string().startsWith('/').default('/var/aegir/transfers'),
  AEGIR_KEY: z.string().default('/etc/aegir/key'),
  AEGIR_SOCKET: z.string().default('/run/aegir/hub.sock'),
  /** 'address:port'. */
  AEGIR_LISTEN: z
    .string()
    .regex(/^[^\s]+:\d{1,5}$/, 'must be address:port')
    .default('127.0.0.1:8460'),
  AEGIR_CONFIG: z.string().default('/etc/aegir/aegir.config.ts'),
  AEGIR_WORKER_SLOTS: z.coerce.number().int().min(1).max(64).default(2),
  /** Runs at once besides tasks: cron of sites. They mostly wait for PHP; how many one server has at once says the queue. */
  AEGIR_WORKER_RUNS: z.coerce.number().int().min(1).max(256).default(16),
  /** Tasks wait while the load of the machine is over this many times its processors. */
  AEGIR_LOAD_FACTOR: z.coerce.number().min(0.1).default(5),
});

export interface Environment {
  readonly databaseUrl: string | undefined;
  readonly stateDirectory: string;
  readonly transfers: string;
  readonly keyPath: string;
  readonly socketPath: string;
  readonly listen: { readonly address: string; readonly port: number };
  readonly configPath: string;
  readonly workerSlots: number;
  readonly workerRuns: number;
  readonly loadFactor: number;
}

/** Throws Problem 'invalid' that names every variable that is wrong. */
export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const parsed = schema.safeParse(variables);
  if (!parsed.success)
    throw new Problem('invalid', `the environment is not valid: ${z.prettifyError(parsed.error)}`, {
      hint: 'Correct it in /etc/aegir/aegir.env.',
    });
  const given = parsed.data;
  const colon = given.AEGIR_LISTEN.lastIndexOf(':');
  return {
    databaseUrl: given.DATABASE_URL,
    stateDirectory: given.AEGIR_STATE,
    transfers: given.AEGIR_TRANSFERS,
    keyPath: given.AEGIR_KEY,
    socketPath: given.AEGIR_SOCKET,
    listen: { address: given.AEGIR_LISTEN.slice(0, colon), port: Number(given.AEGIR_LISTEN.slice(colon + 1)) },
    configPath: given.AEGIR_CONFIG,
    workerSlots: given.AEGIR_WORKER_SLOTS,
    workerRuns: given.AEGIR_WORKER_RUNS,
    loadFactor: given.AEGIR_LOAD_FACTOR,
  };
}
