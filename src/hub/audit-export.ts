import { sql } from 'kysely';
import type { Answer, Given } from '../api/endpoints.ts';
import { type AuditRow, auditColumns, auditConditions, auditFrom, auditItem } from './audit-list.ts';
import type { Asked, Reader } from './hub.ts';

interface ExportedAudit {
  readonly type: string;
  readonly extension: string;
  readonly stream: ReadableStream<Uint8Array>;
}

type Item = Answer<'audit list'>['items'][number];

/** A page at a time, as fast as it is taken, up to what there is when it begins. */
export async function exportAudit({ query }: Given<'audit export'>, asked: Asked<Reader>): Promise<ExportedAudit> {
  const { format, ...filters } = query;
  const where = (await auditConditions(asked, filters)).filter((condition) => condition !== null);
  const { rows: last } = await sql<{ id: string | null }>`select max(id) as id from audit`.execute(asked.tx);
  const pages = pagesOf(asked, sql.join([...where, sql`audit.id <= ${last[0]?.id ?? '0'}`], sql` and `));
  const { type, head, line } = formats[format];
  const encoder = new TextEncoder();
  let isFirst = true;
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value = [], done } = await pages.next();
      const text = (isFirst ? head : '') + value.map(line).join('');
      isFirst = false;
      if (text !== '') controller.enqueue(encoder.encode(text));
      if (done || asked.gone.aborted) controller.close();
    },
    cancel: async () => void (await pages.return(undefined)),
  });
  return { type, extension: format, stream };
}

const rowsAtOnce = 1000;

async function* pagesOf(
  { tx: db, caller }: Asked<Reader>,
  where: ReturnType<typeof sql>,
): AsyncGenerator<readonly Item[], undefined> {
  const item = auditItem(caller);
  let after = '0';
  for (;;) {
    const { rows } = await sql<AuditRow>`
      select ${auditColumns} from ${auditFrom} where ${where} and audit.id > ${after}
      order by audit.id limit ${rowsAtOnce}`.execute(db);
    yield rows.map(item);
    const last = rows.at(-1);
    if (!last || rows.length < rowsAtOnce) return undefined;
    after = last.id;
  }
}

const fields = [
  ...(['id', 'at', 'account', 'by', 'address', 'means', 'what', 'noun', 'subjectId', 'subject', 'client'] as const),
  ...(['result', 'code', 'details'] as const),
];

const formats = {
  csv: {
    type: 'text/csv; charset=utf-8',
    head: `${fields.join(',')}\r\n`,
    line: (item: Item) => `${fields.map((field) => cell(item[field])).join(',')}\r\n`,
  },
  jsonl: { type: 'application/jsonl', head: '', line: (item: Item) => `${JSON.stringify(item)}\n` },
};

/**
 * RFC 4180; what a spreadsheet would take for a formula begins with an apostrophe, also behind what it would
 * skip or, where lists are separated by ';', split off; and no terminal is moved.
 */
function cell(value: unknown): string {
  const text = value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  const plain = text.replace(/\p{Cc}/gu, '\uFFFD');
  const harmless = /^[\s\uFFFD"',;]*[=+\-@＝＋－＠]/u.test(plain) ? `'${plain}` : plain;
  return /[",;]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
