import { z } from 'zod';
import { id, packageName, subjectName } from './text.ts';

/** One thing that can be asked of the hub. The route, the OpenAPI document and the typed call all come from it. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: `/api/${string}`;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly answer: z.ZodType;
  /** 200 unless it says otherwise. */
  readonly status?: 200 | 201 | 202;
  /** Answers a stream of server-sent events, each of the shape of `answer`. */
  readonly stream?: true;
  /** Its body is a file of any size, and is not JSON. */
  readonly upload?: true;
  /** Answers plain text instead of JSON. */
  readonly text?: true;
  /** Answers a file instead of JSON. */
  readonly file?: true;
  /** The answer holds something that is shown once: it is kept nowhere, also not to answer a repeated request. */
  readonly once?: true;
  /** Answers who has not signed in, and everybody alike. */
  readonly open?: true;
  /** Needs the cookies of a browser, so there is no command for it. */
  readonly browser?: true;
  /** Answers also who has yet to set up the second factor that their account must have. */
  readonly early?: true;
}

/** Keeps the exact type of the definition, from which `Input`, `Given` and `Answer` are computed. */
export const endpoint = <const Definition extends Endpoint>(definition: Definition): Definition => definition;

/** The names that stand behind a ':' in a path. */
export type ParamsOf<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? { readonly [Key in Name]: string } & ParamsOf<Rest>
  : Path extends `${string}:${infer Name}`
    ? { readonly [Key in Name]: string }
    : unknown;

/** What may stand at each place of a path. A place that is not here is a mistake in the table. */
export const params: { readonly [name: string]: z.ZodType<string> } = {
  name: subjectName,
  context: subjectName,
  type: subjectName,
  package: packageName,
  task: id,
  batch: id,
  token: id,
  agent: id,
  session: id,
  passkey: id,
  membership: id,
  view: id,
  webhook: id,
  order: id,
};

export const paramNames = (path: string): readonly string[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);

type Part<Key extends string, Schema, Mode extends 'input' | 'output'> = Schema extends z.ZodType
  ? { readonly [One in Key]: Mode extends 'input' ? z.input<Schema> : z.output<Schema> }
  : unknown;
type QueryInput<Schema> = Schema extends z.ZodType ? { readonly query?: z.input<Schema> } : unknown;
type ParamsPart<Path extends string> = Path extends `${string}:${string}`
  ? { readonly params: ParamsOf<Path> }
  : unknown;

type Has<One, Key extends string> = One extends { readonly [K in Key]: infer Schema } ? Schema : undefined;

/** What a caller has to say. */
export type InputOf<One extends Endpoint> = ParamsPart<One['path']> &
  QueryInput<Has<One, 'query'>> &
  Part<'body', Has<One, 'body'>, 'input'>;

/** What the hub's handler is given: checked, with defaults filled in. */
export type GivenOf<One extends Endpoint> = ParamsPart<One['path']> &
  Part<'query', Has<One, 'query'>, 'output'> &
  Part<'body', Has<One, 'body'>, 'output'>;

export type AnswerOf<One extends Endpoint> = z.output<One['answer']>;

/** One page of a list; `next` goes into `after` of the next request, null on the last page. */
export const page = <One extends z.ZodType>(one: One) =>
  z.object({ items: z.array(one), next: z.string().nullable(), total: z.int() });

/** What every list takes besides its own filters. */
export const listQuery = <Shape extends z.ZodRawShape>(filters: Shape) =>
  z.strictObject({
    limit: z.coerce.number<string | number>().int().min(1).max(200).default(50).describe('How many on a page'),
    after: z.string().max(2000).optional().describe('As the page before said it'),
    q: z.string().min(1).max(200).optional().describe('Only what has this text in it'),
    ...filters,
  });

/** The same of a list with other orders than its own. */
export const sortedQuery = <Shape extends z.ZodRawShape, const Sort extends string>(
  filters: Shape,
  sorts: readonly [Sort, ...Sort[]],
) =>
  listQuery({
    ...filters,
    sort: z
      .enum(sorts.flatMap((sort): readonly (Sort | `-${Sort}`)[] => [sort, `-${sort}`]))
      .optional()
      .describe('By what it is sorted; with a hyphen the other way round'),
  });

/**
 * One of these words or several, as a query says them: 'failed,queued'. Callers may give a list. In JSON schema it is a list,
 * which OpenAPI writes with commas.
 */
export function someOf<const Word extends string>(words: readonly [Word, ...Word[]]) {
  const one = z.enum(words);
  const several = z
    .string()
    .transform((text) => text.split(',', 100))
    .pipe(z.array(one).min(1))
    .meta({ type: 'array', items: { type: 'string', enum: [...words] } });
  // What goes over the wire is text; who calls may say it as the words that they are.
  return several as unknown as z.ZodType<readonly Word[], Word | readonly Word[]>;
}
