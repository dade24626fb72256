import type { HeldTask } from '../hub/held-task.ts';
import type { Claim, ClaimedTask } from '../hub/queue.ts';
import type { Clock } from '../model/clock.ts';
import { Problem, type ProblemJson, problemCodes, problemFrom } from '../model/problem.ts';
import type { Secret } from '../model/secret.ts';
import { type Apart, secretsApart, secretsBack } from '../model/secrets-apart.ts';

/** A process of an agent, and the hubs that it may ask: any of them, as they share one database. */
export interface ToHubs {
  readonly hubs: readonly string[];
  readonly credential: Secret;
  /** Random, of this process: twelve hexadecimal digits. */
  readonly instance: string;
  readonly clock: Clock;
}

export interface Asks {
  readonly edition: string;
  readonly holds: readonly string[];
  readonly waiting: string | null;
  readonly waitMs: number;
}

/** The hub, as an agent asks it: `/api/agent` in hub/agent/app.ts. */
export interface HubOfAgents {
  /** Null: none in that time. */
  claim(asks: Asks, stop: AbortSignal): Promise<ClaimedTask | null>;
  /** Gives back all that this process holds. */
  leave(): Promise<void>;
  hold(task: ClaimedTask): HeldTask;
}

const answerMs = 10_000;

/**
 * What a hub answers that it will not do is thrown as its Problem. That one cannot be reached, or has no database just now, is an
 * Error: the same may be asked again, of the next one.
 */
export function hubOverHttps(to: ToHubs): HubOfAgents {
  const { instance } = to;
  let at = 0;
  const ask = async (
    path: string,
    body: object,
    { waitMs = 0, stop }: { waitMs?: number; stop?: AbortSignal } = {},
  ) => {
    const hub = to.hubs[at % to.hubs.length] ?? '';
    const limit = AbortSignal.timeout(answerMs + waitMs);
    try {
      return await askOne(new URL(`/api/agent/${path}`, hub), to, body, stop ? AbortSignal.any([limit, stop]) : limit);
    } catch (error) {
      if (!(error instanceof Problem)) at++;
      throw error;
    }
  };
  return {
    async claim(asks, stop) {
      const { task } = (await ask('claim', { instance, ...asks }, { waitMs: asks.waitMs, stop })) as {
        readonly task: ClaimedTask | null; // the hub's own answer
      };
      return task;
    },
    leave: async () => void (await ask('leave', { instance })),
    hold: (task) => held(task, (word, more) => ask(`tasks/${task.taskId}/${word}`, { instance, ...more })),
  };
}

function held({ attempt, taskId, worker }: Claim, ask: (word: string, more: object) => Promise<unknown>): HeldTask {
  // Each answer has the shape that hub/agent/app.ts gives it: both are of one version, which the claim has shown.
  const said = async <Answer>(word: string, more: object = {}): Promise<Answer> => {
    try {
      return secretsBack((await ask(word, { attempt, ...more })) as Apart) as Answer;
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'unauthenticated') throw error;
      throw notOurs(worker, taskId, error);
    }
  };
  const rows = <Rows>(what: string, id: string | null): Promise<Rows> => said<Rows>('rows', { what, id });
  const notGiven = async (): Promise<never> => {
    throw new Problem('bug', 'an agent is given no task of this kind');
  };
  return {
    log: () => said('log'),
    append: (first, events) => said('append', { first, events }),
    beat: () => said('beat'),
    rows: {
      ...{ server: notGiven, certificate: notGiven, common: notGiven },
      platform: (id) => rows('platform', id),
      site: (id) => rows('site', id),
      copy: (id) => rows('copy', id),
      backup: (id) => rows('backup', id),
      newBackup: () => rows('newBackup', null),
    },
    keep: (name, secret) => said('keep', { name, secret }),
    record: (found) => said('record', { found }),
    end: (seq, ending, outcome) => said('end', { seq, ending, outcome }),
  };
}

const notOurs = (worker: string, task: string, cause: unknown): Problem =>
  new Problem('lost', `the credential of ${worker} is not good any more, so task ${task} is not its own`, { cause });

async function askOne(url: URL, { credential, clock }: ToHubs, body: object, signal: AbortSignal): Promise<unknown> {
  for (;;) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${credential.reveal()}`, 'content-type': 'application/json' },
      body: JSON.stringify(secretsApart(body)),
      redirect: 'error', // A credential goes nowhere else than where it was meant to go.
      signal,
    });
    const answer: unknown = await response.json();
    if (response.ok) return answer;
    const problem = problemIn(answer);
    if (!problem || mayBeAskedAgain.has(problem.code)) throw new Error(`${url.origin} answers ${response.status}`);
    if (problem.code !== 'throttled') throw problem;
    await clock.sleep(Math.min(problem.retryAfterMs ?? 1000, longestPauseMs), signal);
  }
}

const longestPauseMs = 5000;
const mayBeAskedAgain: ReadonlySet<string> = new Set(['server-unreachable', 'timeout', 'bug']);

/** Null: what answered is no hub of ours, or something in front of it. */
function problemIn(answer: unknown): Problem | null {
  if (typeof answer !== 'object' || answer === null || !('code' in answer) || !('detail' in answer)) return null;
  if (typeof answer.code !== 'string' || !(answer.code in problemCodes)) return null;
  return problemFrom({ ...(answer as unknown as ProblemJson), causes: [], message: String(answer.detail) });
}
