import { z } from 'zod';
import { Problem, type ProblemCode, problemCodes, problemFrom } from '../model/problem.ts';
import { type Answer, type EndpointName, endpointOf, type Input } from './endpoints.ts';

/** How a request reaches the hub: global fetch, one over a unix socket, or the app itself in a test. */
export type Send = (path: string, request: RequestInit) => Promise<Response>;

export interface CallMore {
  readonly signal?: AbortSignal;
  /** Asked twice with the same key, it is done once. */
  readonly idempotencyKey?: string;
  /** The etag that was seen: it is done only if nobody has changed that since. */
  readonly ifMatch?: string;
  /** Where to resume a stream: the number of the last event seen. */
  readonly lastEventId?: number;
}

/** Throws the Problem that the hub answered, or 'server-unreachable' from `send`. */
export type Call = <Name extends EndpointName>(
  name: Name,
  input: Input<Name>,
  more?: CallMore,
) => Promise<Answer<Name>>;

export const connect =
  (send: Send): Call =>
  async (name, input, more = {}) => {
    const response = await request(send, name, input, more);
    const { answer } = endpointOf(name);
    // The schema just parsed with is the one that Answer<Name> is computed from.
    return answer.parse(await response.json()) as Answer<typeof name>;
  };

/** The response itself, for a stream. Throws like a call. */
export async function request<Name extends EndpointName>(
  send: Send,
  name: Name,
  input: Input<Name>,
  more: CallMore = {},
): Promise<Response> {
  const { method } = endpointOf(name);
  // Every Input has these three parts or leaves them out; the table's types say which.
  const { params = {}, query = {}, body } = input as { params?: Words; query?: Words; body?: unknown };
  const response = await send(urlOf(name, params, query), {
    method,
    headers: {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(more.idempotencyKey !== undefined && { 'idempotency-key': more.idempotencyKey }),
      ...(more.ifMatch !== undefined && { 'if-match': more.ifMatch }),
      ...(more.lastEventId !== undefined && { 'last-event-id': String(more.lastEventId) }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(more.signal && { signal: more.signal }),
  });
  if (!response.ok) throw await problemOf(response);
  return response;
}

type Words = Readonly<Record<string, unknown>>;

export function urlOf(name: EndpointName, params: Words, query: Words): string {
  const path = endpointOf(name).path.replace(/:(\w+)/g, (_, key) => segment(String(params[key] ?? '')));
  const words = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) words.set(key, String(value));
  return words.size === 0 ? path : `${path}?${words}`;
}

/** '.', '..' and nothing would be another path once the address is normalised. */
function segment(text: string): string {
  if (['', '.', '..'].includes(text) || !text.isWellFormed())
    throw new Problem('invalid', `'${text.toWellFormed()}' is not a name`, { hint: 'Give the name, @name or the id.' });
  return encodeURIComponent(text);
}

const wire = z.object({
  code: z.enum(Object.keys(problemCodes) as [ProblemCode, ...ProblemCode[]]), // the keys of a constant are its codes
  detail: z.string(),
  hint: z.string().optional(),
  causes: z.array(z.string()).default([]),
  fields: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  retryAfterMs: z.number().optional(),
});

async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text();
  const parsed = wire.safeParse(parseJson(text));
  if (!parsed.success)
    return new Problem('bug', `the hub answered ${response.status} with something that is not a problem document`, {
      hint: 'Is there a proxy in between, or is it another program?',
    });
  const { code, detail, hint, causes, fields, retryAfterMs } = parsed.data;
  return problemFrom({
    code,
    message: detail,
    causes,
    ...(hint !== undefined && { hint }),
    ...(fields !== undefined && { fields }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // What is not JSON is no problem document either; the caller says so.
  }
}
