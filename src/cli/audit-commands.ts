import type { Command } from 'commander';
import { request } from '../api/call.ts';
import { api } from '../api/endpoints.ts';
import { nounOf, type Session } from './commands.ts';
import { exampleText } from './examples.ts';
import { addFlags, flagValues, schemaOf } from './flags.ts';

/** `aegir audit export`: a file, as it comes, to standard output. */
export function addAuditExport(program: Command, session: Session): void {
  const { summary, query } = api['audit export'];
  const schema = schemaOf(query);
  const command = nounOf(program, 'audit').command('export').summary(summary).description(summary);
  addFlags(command, schema);
  command
    .addHelpText(
      'after',
      exampleText([
        'aegir audit export --since 2026-01-01T00:00:00Z > audit.csv',
        'aegir audit export --client acme --format jsonl | jq .what',
      ]),
    )
    .action(async (flags: Record<string, unknown>) => {
      // Flags are made from the schema of the same endpoint, and the hub checks them once more.
      const asked = (await flagValues(session.io, schema, flags)) as never;
      const response = await request(session.send, 'audit export', { query: asked });
      for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) session.io.out(text);
    });
}
