import type { Command } from 'commander';
import type { Answer } from '../api/endpoints.ts';
import { followBatch, tellBatchLog } from './batch-follow.ts';
import { type Common, nounOf, type Session } from './commands.ts';
import { exampleText } from './examples.ts';

/** `aegir batch log`: what happened so far, or with --follow until the end. */
export function addBatchLog(program: Command, session: Session): void {
  nounOf(program, 'batch')
    .command('log <batch>')
    .summary('What happened to a batch')
    .description('What happened to a batch')
    .option('-f, --follow', 'go on until the batch ends')
    .option('--json', 'print the lines as JSON')
    .addHelpText('after', exampleText(['aegir batch log 3', 'aegir batch log 3 --follow']))
    .action(async (id: string, flags: Common & { readonly follow?: boolean }) => {
      const { follow = false, json = false } = flags;
      if (follow) session.exitCode = await followBatch(session, id, { json });
      else if (json) session.io.out(`${JSON.stringify(await wholeLog(session, id), null, 2)}\n`);
      else await tellBatchLog(session, id, 0, false);
    });
}

type Logged = Answer<'batch log'>['items'][number];

async function wholeLog({ call }: Session, id: string): Promise<readonly Logged[]> {
  const all: Logged[] = [];
  for (let after = 0; ; after = all.at(-1)?.seq ?? 0) {
    const page = await call('batch log', { params: { batch: id }, query: { after, limit: 1000 } });
    all.push(...page.items);
    if (page.next === null) return all;
  }
}
