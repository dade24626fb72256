import type { Command } from 'commander';
import { Problem, problemCodes, problemJson } from '../../model/problem.ts';
import type { Session } from '../commands.ts';
import { exampleText } from '../examples.ts';
import { harmless, type Io, styled } from '../io.ts';
import { problemText } from '../tell.ts';
import { carryOut, type Outcome } from './carry-out.ts';
import type { Plan } from './change.ts';
import { type FarmFile, readFarm } from './farm-file.ts';
import { look } from './found.ts';
import { plan } from './plan.ts';
import { planLines } from './plan-lines.ts';

interface Flags {
  readonly file: string;
  readonly plan?: boolean;
  readonly exitCode?: boolean;
  readonly yes?: boolean;
  readonly delete?: boolean;
  readonly secrets?: boolean;
  readonly json?: boolean;
}

/** With --exit-code: something would be changed. */
const somethingToDo = 9;
/** A thing that was being made when the first plan was made is looked at again when it is there. */
const roundsMax = 3;

/** `aegir apply -f farm.yaml`: clients, servers, platforms and sites as a file says. */
export function addApply(program: Command, session: Session): void {
  program
    .command('apply')
    .summary('Make clients, servers, platforms and sites as a file says')
    .description(
      'Make clients, servers, platforms and sites as a file says: shows what is different, asks, and does it. What the file does not name is left as it is; run again, it changes nothing. docs/apply.md has every field.',
    )
    .requiredOption('-f, --file <path>', "the file, in YAML or JSON; '-' is standard input")
    .option('--plan', 'only show what would be done')
    .option('--exit-code', `with --plan: end with ${somethingToDo} if something would be done`)
    .option('-y, --yes', 'do not ask')
    .option('--delete', 'delete what the file calls absent')
    .option('--secrets', 'also set secrets that are set already; the hub does not tell them, so they are not compared')
    .option('--json', 'print the plan, and what became of it, as JSON')
    .addHelpText(
      'after',
      exampleText([
        'aegir apply -f farm.yaml --plan',
        'aegir apply -f farm.yaml',
        'aegir apply -f farm.yaml --yes --json',
      ]),
    )
    .action(async (flags: Flags) => {
      session.exitCode = await apply(session, flags);
    });
}

async function apply(session: Session, flags: Flags): Promise<number> {
  const { io } = session;
  const file = await readFarm(io, flags.file);
  const rules = { delete: flags.delete === true, secrets: flags.secrets === true };
  const first = plan(file, await look(session.call, file.farm), rules);
  demandPossible(file, first);
  if (!flags.json) for (const line of planLines(io, first)) io.out(`${line}\n`);
  const isNothing = first.changes.length === 0;
  if (flags.plan || isNothing) {
    if (flags.json) printJson(io, first, []);
    return flags.exitCode && !isNothing ? somethingToDo : 0;
  }
  if (!flags.yes && !(await agreed(io))) return problemCodes.cancelled.exit;
  const outcomes = await carryOutAll(session, flags, file, first);
  if (flags.json) printJson(io, first, outcomes);
  else io.out(`${sum(io, outcomes)}\n`);
  const failed = outcomes.find(({ status }) => status === 'failed');
  return failed ? problemCodes[problemJson(failed.problem).code].exit : 0;
}

function demandPossible({ name }: FarmFile, { complaints }: Plan): void {
  if (complaints.length === 0) return;
  throw new Problem('invalid', `${name} cannot be applied, and nothing was changed`, {
    hint: 'Correct what is named, and run it again.',
    fields: complaints.slice(0, 50).map((message) => ({ path: name, message })),
  });
}

/** The plan, and what shows to be still different when it is done. */
async function carryOutAll(session: Session, flags: Flags, file: FarmFile, first: Plan): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const connection = { ...session, interrupted: session.io.interrupted };
  // Secrets would be set anew each time.
  const rules = { delete: flags.delete === true, secrets: false };
  let now = first;
  for (let round = 1; round <= roundsMax && now.changes.length > 0; round += 1) {
    outcomes.push(...(await carryOut(connection, now, (one) => tell(session.io, flags, one))));
    if (outcomes.some(({ status }) => status !== 'done')) break;
    now = plan(file, await look(session.call, file.farm), rules);
  }
  return outcomes;
}

/** Throws Problem where there is nobody to ask. */
async function agreed(io: Io): Promise<boolean> {
  const said = await io.ask('Do it? [y/N] ');
  if (said !== null) return /^y(es)?$/i.test(said.trim());
  throw new Problem('invalid', 'there is nobody to ask, and nothing was changed', {
    hint: 'Say --yes to have it done, or --plan to see only what would be.',
  });
}

function tell(io: Io, { json }: Flags, { change, status, task, problem }: Outcome): void {
  if (json) return;
  const what = `${change.noun} ${harmless(change.name)}`;
  if (status === 'done') io.out(`${styled(io, 'green', '✓')} ${what}\n`);
  else if (status === 'skipped') io.out(`${styled(io, 'dim', `· ${what}: not begun`)}\n`);
  else {
    io.err(`${styled(io, 'red', '✗')} ${what}${task === undefined ? '' : ` (task ${task})`}\n`);
    io.err(problemText(io, problemJson(problem)));
  }
}

function sum(io: Io, outcomes: readonly Outcome[]): string {
  const of = (status: Outcome['status']): number => outcomes.filter((one) => one.status === status).length;
  const rest = [`${of('failed')} failed`, `${of('skipped')} not begun`].filter((part) => !part.startsWith('0 '));
  if (rest.length === 0) return `${styled(io, ['green', 'bold'], 'Done:')} all is as the file says.`;
  return `${styled(io, ['red', 'bold'], 'Not all:')} ${of('done')} done, ${rest.join(', ')}. Run it again when what failed is mended.`;
}

/** Steps hold secrets, so they are not told. */
function printJson(io: Io, { changes, same }: Plan, outcomes: readonly Outcome[]): void {
  const told = changes.map((change) => {
    const { noun, name, how, fields } = change;
    const became = outcomes.findLast((one) => one.change.noun === noun && one.change.name === name);
    return {
      ...{ noun, name, how, fields, status: became?.status ?? 'planned' },
      ...(became?.task !== undefined && { task: became.task }),
      ...(became?.problem !== undefined && { problem: problemJson(became.problem) }),
    };
  });
  io.out(`${JSON.stringify({ changes: told, same }, null, 2)}\n`);
}
