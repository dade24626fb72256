/**
 * A Problem is a failure we expected and can explain. Whatever else is thrown is a bug.
 *
 * The same word travels the whole way: thrown here, stored in the log, sent as
 * `application/problem+json`, printed by the CLI, shown by the panel.
 */
export const problemCodes = {
  invalid: { status: 422, exit: 2, title: 'The input is not valid' },
  unauthenticated: { status: 401, exit: 3, title: 'Who are you?' },
  forbidden: { status: 403, exit: 3, title: 'Not allowed' },
  unconfirmed: { status: 403, exit: 3, title: 'Show once more who you are' },
  throttled: { status: 429, exit: 3, title: 'Too many attempts' },
  'not-found': { status: 404, exit: 4, title: 'Not found' },
  conflict: { status: 409, exit: 5, title: 'Something else is in the way' },
  changed: { status: 412, exit: 5, title: 'It was changed meanwhile' },
  'wrong-status': { status: 409, exit: 5, title: 'Not possible in this status' },
  'in-use': { status: 409, exit: 5, title: 'Still in use' },
  'over-quota': { status: 409, exit: 5, title: 'The quota is used up' },
  'too-large': { status: 413, exit: 2, title: 'Too large' },
  'server-unreachable': { status: 502, exit: 6, title: 'A server does not answer' },
  'command-failed': { status: 502, exit: 6, title: 'A command failed' },
  'configuration-refused': { status: 502, exit: 6, title: 'A service refused its configuration' },
  'application-failed': { status: 502, exit: 6, title: 'The application failed' },
  'disk-full': { status: 507, exit: 6, title: 'No space left' },
  timeout: { status: 504, exit: 6, title: 'It took too long' },
  cancelled: { status: 409, exit: 8, title: 'Cancelled' },
  lost: { status: 500, exit: 7, title: 'The worker was lost' },
  bug: { status: 500, exit: 70, title: 'A fault in Aegir' },
} as const;

export type ProblemCode = keyof typeof problemCodes;

/** What is wrong with one field of the input; `path` is dotted, as in 'aliases.0'. */
export interface FieldProblem {
  readonly path: string;
  readonly message: string;
}

export interface ProblemJson {
  readonly code: ProblemCode;
  readonly message: string;
  readonly hint?: string;
  readonly causes: readonly string[];
  readonly fields?: readonly FieldProblem[];
  readonly retryAfterMs?: number;
}

export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  /** What the administrator can do about it, in one sentence. */
  readonly hint: string | undefined;
  readonly fields: readonly FieldProblem[] | undefined;
  /** Before then the same answer is all that there is to be had. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ProblemCode,
    message: string,
    more: {
      hint?: string | undefined;
      cause?: unknown;
      fields?: readonly FieldProblem[] | undefined;
      retryAfterMs?: number | undefined;
    } = {},
  ) {
    super(message, 'cause' in more ? { cause: more.cause } : undefined);
    this.code = code;
    this.hint = more.hint;
    this.fields = more.fields;
    this.retryAfterMs = more.retryAfterMs;
  }
}

/** The chain of causes is part of the answer, so no layer repeats its cause in its own message. */
export function problemJson(error: unknown): ProblemJson {
  const causes: string[] = [];
  for (let cause = (error as Error)?.cause; cause instanceof Error; cause = cause.cause) causes.push(cause.message);
  if (!(error instanceof Problem)) return { code: 'bug', message: String(error), causes };
  return {
    code: error.code,
    message: error.message,
    ...(error.hint !== undefined && { hint: error.hint }),
    causes,
    ...(error.fields !== undefined && { fields: error.fields }),
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
  };
}

/** The way back: a caller over the wire throws what the hub threw. */
export function problemFrom(json: ProblemJson): Problem {
  const cause = json.causes
    .toReversed()
    .reduce<Error | undefined>((inner, text) => new Error(text, { cause: inner }), undefined);
  const { code, message, hint, fields, retryAfterMs } = json;
  return new Problem(code, message, { hint, fields, retryAfterMs, ...(cause && { cause }) });
}

/** The same problem, of what lies at `path` of the whole input. Whatever else was thrown stays what it is. */
export function within(error: unknown, path: string): unknown {
  if (!(error instanceof Problem) || !error.fields) return error;
  const { code, message, hint, cause, fields } = error;
  return new Problem(code, message, {
    hint,
    ...(cause !== undefined && { cause }),
    fields: fields.map((field) => ({ ...field, path: `${path}.${field.path}` })),
  });
}
