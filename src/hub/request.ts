import { isUtf8 } from 'node:buffer';
import type { z } from 'zod';
import type { Endpoint } from '../api/endpoint.ts';
import { params as paramSchemas } from '../api/endpoint.ts';
import { unkeepable } from '../api/json-input.ts';
import { type FieldProblem, Problem } from '../model/problem.ts';
import { fieldsOf } from './fields.ts';
import { within } from './within.ts';

const bytesOfRequestMax = 1_000_000;

/** What a handler is given, before its types are known again. */
export interface GivenParts {
  readonly params: Readonly<Record<string, string>>;
  readonly query: unknown;
  readonly body: unknown;
}

/** Checks all three parts of a request; the file of an upload is left for who takes it.
 * Throws Problem 'invalid' with the fields, or 'too-large'. */
export async function readRequest(
  endpoint: Endpoint,
  request: Request,
  pathParams: Readonly<Record<string, string>>,
): Promise<{ readonly given: GivenParts; readonly text: string }> {
  const problems: FieldProblem[] = [];
  for (const [name, text] of Object.entries(pathParams)) {
    const parsed = paramSchemas[name]?.safeParse(text);
    if (!parsed?.success) problems.push(...fieldsOf(parsed?.error, [name]));
  }
  const asked = queryOf(new URL(request.url), problems);
  const query = checked(endpoint.query, asked, problems);
  if (!endpoint.query)
    for (const name of Object.keys(asked)) problems.push({ path: name, message: 'is not asked for here' });
  const text = endpoint.upload ? '' : await bodyText(request);
  const body = endpoint.body ? checked(endpoint.body, parsedBody(request, text, problems), problems) : undefined;
  if (!endpoint.body && text.trim() !== '' && text.trim() !== '{}')
    problems.push({ path: '', message: 'takes no body' });
  if (problems.length > 0)
    throw new Problem('invalid', `the request is not valid: ${told(problems)}`, {
      hint: 'Correct the fields that are named, and send it again.',
      fields: problems.slice(0, 100),
    });
  return { given: { params: pathParams, query, body }, text };
}

const told = (problems: readonly FieldProblem[]): string => {
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return `${first?.path ? `${first.path.slice(0, 80)}: ` : ''}${first?.message ?? ''}${more}`;
};

function queryOf({ searchParams }: URL, problems: FieldProblem[]): Record<string, string> {
  const asked = new Map<string, string>();
  for (const [name, value] of searchParams) {
    if (asked.has(name)) problems.push({ path: name, message: 'is given twice' });
    if (name === '__proto__' || value.includes('\0') || !value.isWellFormed())
      problems.push({ path: name, message: 'is not text' });
    asked.set(name, value);
  }
  return Object.fromEntries(asked);
}

function checked(schema: z.ZodType | undefined, value: unknown, problems: FieldProblem[]): unknown {
  if (!schema || problems.length > 0) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  problems.push(...fieldsOf(parsed.error, []));
  return undefined;
}

function parsedBody(request: Request, text: string, problems: FieldProblem[]): unknown {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/json\s*(?:;|$)/i.test(type)) {
    problems.push({ path: '', message: 'the body must be application/json' });
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(text);
    const bad = unkeepable(value);
    if (bad) problems.push({ ...bad, path: bad.path.toWellFormed().slice(0, 200) });
    return value;
  } catch {
    problems.push({ path: '', message: 'the body is not JSON' });
    return undefined;
  }
}

/** The whole of it: who sends slower than that is not sending, but holding a connection. */
const bodyMs = 30_000;

async function chunksOf(
  body: ReadableStream<Uint8Array>,
  bytesMax: number,
  tooLarge: Problem,
): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw tooLarge;
    chunks.push(chunk);
  }
  return chunks;
}

/** Reads no further than is allowed, whatever the request says of its length. */
export async function bodyText(request: Request, bytesMax = bytesOfRequestMax): Promise<string> {
  if (!request.body) return '';
  const tooLarge = new Problem('too-large', `the request is larger than ${bytesMax} bytes`, {
    hint: 'Nothing that the API takes is that large.',
  });
  if (Number(request.headers.get('content-length')) > bytesMax) throw tooLarge;
  const whole = Buffer.concat(await within(bodyMs, chunksOf(request.body, bytesMax, tooLarge)));
  if (!isUtf8(whole)) throw new Problem('invalid', 'the body is not UTF-8', { hint: 'JSON is always UTF-8.' });
  return whole.toString();
}
