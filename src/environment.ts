import { z } from 'zod';
import { Problem } from './model/problem.ts';

/** What hub, worker and agent are told alike. */
const common = {
  /** Files that are uploaded, or wait to be downloaded, on the hub's machine. */
  AEGIR_TRANSFERS: z.string().startsWith('/').default('/var/aegir/transfers'),
  AEGIR_CONFIG: z.string().default('/etc/aegir/aegir.config.ts'),
  /** Tasks wait while the load of the machine is over this many times its processors. */
  AEGIR_LOAD_FACTOR: z.coerce.number().min(0.1).default(5),
};

/** What a process is told by its environment, read once and here only. Nothing has a secret as its default. */
const schema = z.object({
  ...common,
  /** An external PostgreSQL; without it the hub starts or adopts one of its own below the state directory. */
  DATABASE_URL: z.string().optional(),
  AEGIR_STATE: z.string().default('/var/aegir/hub'),
  AEGIR_KEY: z.string().default('/etc/aegir/key'),
  AEGIR_SOCKET: z.string().default('/run/aegir/hub.sock'),
  /** 'address:port'. */
  AEGIR_LISTEN: z
    .string()
    .regex(/^[^\s]+:\d{1,5}$/, 'must be address:port')
    .default('127.0.0.1:8460'),
  AEGIR_WORKER_SLOTS: z.coerce.number().int().min(1).max(64).default(2),
  /** Runs at once besides tasks: cron of sites. They mostly wait for PHP; how many one server has at once says the queue. */
  AEGIR_WORKER_RUNS: z.coerce.number().int().min(1).max(256).default(16),
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
  const given = parsedBy(schema, variables, 'Correct it in /etc/aegir/aegir.env.');
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

/** Of `aegir agent`, which needs nothing of what hub and worker do. */
const agentSchema = z.object({
  ...common,
  /** Any of them is asked: 'https://hub1.example.com,https://hub2.example.com'. */
  AEGIR_HUBS: z
    .string()
    .transform((text) => text.split(',').map((one) => one.trim()))
    .pipe(z.array(z.url({ protocol: /^https?$/ }).refine(isSafe, 'must be https://, or on this machine')).min(1)),
  /** Holds what `aegir agent enrol` answered. */
  AEGIR_AGENT: z.string().startsWith('/').default('/etc/aegir/agent'),
  AEGIR_AGENT_SLOTS: z.coerce.number().int().min(1).max(64).default(2),
  /** When it is stopped, tasks in hand have so long to end. */
  AEGIR_AGENT_GRACE_S: z.coerce.number().int().min(0).max(3600).default(60),
});

/** A credential goes over no network in the clear. */
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
function isSafe(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || loopback.test(hostname);
}

export interface AgentEnvironment {
  readonly hubs: readonly string[];
  readonly credentialPath: string;
  readonly configPath: string;
  readonly slots: number;
  readonly loadFactor: number;
  readonly graceMs: number;
  readonly transfers: string;
}

/** Throws Problem 'invalid' that names every variable that is wrong. */
export function readAgentEnvironment(variables: NodeJS.ProcessEnv): AgentEnvironment {
  const hint = 'Set AEGIR_HUBS to the address of the hub: https://hub.example.com. See docs/agents.md.';
  const given = parsedBy(agentSchema, variables, hint);
  return {
    hubs: given.AEGIR_HUBS,
    credentialPath: given.AEGIR_AGENT,
    configPath: given.AEGIR_CONFIG,
    slots: given.AEGIR_AGENT_SLOTS,
    loadFactor: given.AEGIR_LOAD_FACTOR,
    graceMs: given.AEGIR_AGENT_GRACE_S * 1000,
    transfers: given.AEGIR_TRANSFERS,
  };
}

function parsedBy<Output>(by: z.ZodType<Output>, variables: NodeJS.ProcessEnv, hint: string): Output {
  const parsed = by.safeParse(variables);
  if (parsed.success) return parsed.data;
  throw new Problem('invalid', `the environment is not valid: ${z.prettifyError(parsed.error)}`, { hint });
}
