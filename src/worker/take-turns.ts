import { recordDrift } from '../hub/drift.ts';
import { recordRequests } from '../hub/requests.ts';
import { recordStatistic } from '../hub/statistics.ts';
import { type SweepQueue, sweepQueues } from '../hub/sweeps.ts';
import { dnsServiceRows } from '../hub/task-rows/dns-rows.ts';
import { readRows } from '../hub/task-rows/task-rows.ts';
import { endTurn, type Turn, type TurnEnding, takeTurns, windowOfQueue } from '../hub/turns.ts';
import type { Hands } from '../machine/hands.ts';
import { Scrub } from '../machine/scrub.ts';
import { Problem, problemJson } from '../model/problem.ts';
import type { Secret } from '../model/secret.ts';
import type { Server } from '../model/server.ts';
import type { Report } from '../tasks/context.ts';
import type { RunLoad, RunType } from '../tasks/run-type.ts';
import { runTypes } from '../tasks/run-types.ts';
import { findDrift } from './drift.ts';
import { loader } from './load.ts';
import { openDns } from './load-dns.ts';
import type { Loading } from './load-rows.ts';
import { patiently } from './patience.ts';
import type { Worker } from './worker.ts';

const pollMs = 1000;
/** A run that does not end by itself is left alone after this much more: its turn is somebody else's soon. */
const moreMs = 30_000;
const linesMax = 2000;

/** Does what is due without a task (cron), so many at once besides the tasks, until told to stop; then finishes those in hand. */
export async function takeRuns(worker: Worker, stop: AbortSignal): Promise<void> {
  const inHand: InHand = { runs: new Set(), failing: 0 };
  const { runs } = inHand;
  while (!stop.aborted) {
    if (worker.busy() === null) for (const type of runTypes) await beginDue(worker, type, inHand);
    const asleep = new AbortController();
    // Aborting is how this sleep is ended early.
    const slept = worker.clock.sleep(pollMs, AbortSignal.any([stop, asleep.signal])).catch(() => undefined);
    await Promise.race([slept, ...(runs.size >= worker.runs ? runs : [])]);
    asleep.abort();
  }
  await Promise.all(runs);
}

interface InHand {
  readonly runs: Set<Promise<void>>;
  /** How many of them failed the last time. */
  failing: number;
}

async function beginDue(worker: Worker, type: RunType, inHand: InHand): Promise<void> {
  const most = worker.runs - inHand.runs.size;
  const queue = sweepQueues(worker.catalog).find(({ name }) => name === type.name);
  if (!queue || most <= 0) return;
  // Sites that hang leave half of the room to the others.
  const mostFailing = Math.floor(worker.runs / 2) - inHand.failing;
  for (const taken of await take(worker, queue, { most, mostFailing })) {
    const weight = taken.turn.failures > 0 ? 1 : 0;
    inHand.failing += weight;
    const run = runTurn(worker, { type, queue, ...taken }).finally(() => {
      inHand.runs.delete(run);
      inHand.failing -= weight;
    });
    inHand.runs.add(run);
  }
}

/** A database that is away for a moment is not the end of a worker: it looks again. */
async function take(
  { hub: { db }, name }: Worker,
  { does, ...queue }: SweepQueue,
  room: { readonly most: number; readonly mostFailing: number },
): Promise<readonly Pick<Running, 'turn' | 'timeoutMs'>[]> {
  if (!('runMs' in does)) return [];
  try {
    const timeoutMs = await does.runMs(db);
    const turns = await takeTurns(db, { does, ...queue }, { worker: name, ...room, timeoutMs });
    return turns.map((turn) => ({ turn, timeoutMs }));
  } catch (error) {
    process.stderr.write(`${name}: cannot ask what is due: ${problemJson(error).message}\n`);
    return [];
  }
}

interface Running {
  readonly type: RunType;
  readonly queue: SweepQueue;
  readonly turn: Turn;
  readonly timeoutMs: number;
}

/** Never rejects: what it did is written down, or the turn is somebody else's by now. */
async function runTurn(worker: Worker, { type, queue, turn, timeoutMs }: Running): Promise<void> {
  const { hub, clock } = worker;
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(new Problem('lost', 'its turn is over')), timeoutMs + moreMs);
  const claim = over.signal;
  const begun = performance.now();
  const secrets: Secret[] = [];
  const ending = await endingOf(() => type.run(loadFor(worker, claim, secrets), turn.subjectId, timeoutMs), secrets);
  const endedAt = new Date(turn.begunAt.getTime() + performance.now() - begun);
  try {
    const window = await patiently(clock, claim, () => windowOfQueue(hub.db, queue.name));
    await patiently(clock, claim, () =>
      hub.db.transaction().execute(async (tx) => {
        await endTurn(tx, queue, turn, ending, { endedAt, window });
        const { subjectId: site, begunAt: at } = turn;
        if (ending.statistic) await recordStatistic(tx, { site, at }, ending.statistic);
        for (const one of ending.requests ?? []) await recordRequests(tx, one);
        if (ending.drift) await recordDrift(tx, { noun: queue.noun, id: turn.subjectId, at }, ending.drift);
      }),
    );
  } catch (error) {
    process.stderr.write(`${worker.name}: ${queue.name} of ${turn.subjectId}: ${problemJson(error).message}\n`);
  } finally {
    clearTimeout(timer);
  }
}

/** What sites print of their own secrets is not kept. */
async function endingOf(
  run: () => ReturnType<RunType['run']>,
  secrets: readonly Secret[],
): Promise<TurnEnding & Omit<Awaited<ReturnType<RunType['run']>>, 'lines'>> {
  try {
    const { lines, ...found } = await run();
    return {
      ...found,
      status: 'done',
      lines: new Scrub(secrets).text(lines).slice(-linesMax).toWellFormed().replaceAll('\0', ''),
    };
  } catch (error) {
    const { message, hint, causes, ...problem } = problemJson(error);
    const scrub = new Scrub(secrets);
    const shown = (text: string): string => scrub.text(text).slice(0, linesMax);
    const told = { ...problem, message: shown(message), causes: causes.map(shown) };
    return { status: 'failed', problem: hint === undefined ? told : { ...told, hint: shown(hint) } };
  }
}

/** As a task has it, but nothing is logged. */
export function loadFor(worker: Worker, claim: AbortSignal, secrets: Secret[]): RunLoad {
  const { hub, key, catalog, transfers } = worker;
  const handsOn = ({ name }: Server): Hands => ({ name, log: { append: async () => {} }, claim, secrets });
  const reading = { db: hub.db, key, task: '0' };
  const loading: Loading = {
    rows: readRows(reading),
    ...{ catalog, transfers, report: silent },
    openMachine(server, more) {
      secrets.push(...more);
      return worker.openMachine(server, handsOn(server));
    },
    openAcme: worker.openAcme,
    scanHostKeys: (server) => worker.scanHostKeys(server, handsOn(server)),
  };
  return {
    ...loader(loading),
    drift: (noun, id) => findDrift(worker, claim, secrets, { noun, id }),
    async names(server) {
      const found = await dnsServiceRows(reading, server);
      return found && { service: openDns(loading, found.service), pointings: found.pointings };
    },
  };
}

const silent: Report = {
  note: async () => {},
  changed: async () => {},
  async keep() {
    throw new Problem('bug', 'what has no task has no place for secrets');
  },
  async record() {
    throw new Problem('bug', 'what has no task records nothing');
  },
};
