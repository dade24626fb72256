import { createHash } from 'node:crypto';
import { type EndpointName, endpointNames, endpointOf } from '../api/endpoints.ts';

/** What somebody can set of each noun, as paths into its answer. What comes and goes by itself, such as a status, is not here. */
const settable = {
  client: ['title', 'email', 'status', 'sitesMax', 'backupsMax', 'diskMaxMb'],
  account: ['title', 'email', 'status', 'secondFactorRequired'],
  role: ['title', 'permissions'],
  server: ['title', 'host', 'sshPort', 'tasksMax', 'data'],
  service: ['engine', 'options', 'secretsSet', 'publishTo'],
  platform: ['title', 'clients'],
  site: [
    ...[
      'title',
      'email',
      'client',
      'dns',
      'dnsTtl',
      'aliases',
      'redirection',
      'tls',
      'hsts',
      'certificate',
      'certificatePath',
      'keyPath',
    ],
    'data',
    ...['cron.every', 'cron.isOwn', 'cron.by', 'backup.every', 'backup.isOwn', 'backup.retention'],
  ],
  certificate: ['names', 'challenge', 'dns', 'chain'],
  reserve: ['template', 'platform', 'client', 'pattern', 'full', 'emergency', 'life', 'window'],
  offer: [
    ...[
      'title',
      'status',
      'reserve',
      'pattern',
      'client',
      'sitesMax',
      'backupsMax',
      'diskMaxMb',
      'dailyMax',
      'variables',
    ],
    ...['signUp', 'origins'],
  ],
} as const;

type TaggedNoun = keyof typeof settable;
const isTagged = (noun: string): noun is TaggedNoun => noun in settable;

/**
 * The answer with its `etag`, which is another one as soon as somebody has set something of it, and stays as long as
 * nobody has: a task that runs or ends does not change it. `sealed`: what is kept of it that nobody is answered.
 */
export function tagged<One extends { readonly id: string }>(
  noun: TaggedNoun,
  answer: One,
  sealed: Buffer | null = null,
): One & { readonly etag: string } {
  const values = [answer.id, ...settable[noun].map((path) => at(answer, path.split('.')))];
  const hash = createHash('sha256').update(JSON.stringify(values));
  if (sealed) hash.update(sealed);
  return { ...answer, etag: `"${hash.digest('base64url').slice(0, 22)}"` };
}

/** The etag of what an endpoint has answered, alone or beside a task; undefined of what has none, and of lists. */
export function etagIn(endpoint: string, answer: object): string | undefined {
  const [noun = '', verb = ''] = endpoint.split(' ');
  if (!['get', 'set', 'create'].includes(verb)) return undefined;
  const { [noun]: inside, etag = (inside as { etag?: unknown } | undefined)?.etag } = answer as Record<string, unknown>;
  return typeof etag === 'string' ? etag : undefined;
}

const at = (value: unknown, [key, ...rest]: readonly string[]): unknown =>
  key === undefined ? value : at((value as Readonly<Record<string, unknown>>)[key], rest);

/** For an endpoint that changes what has an etag: its noun, and the endpoint that answers it. undefined: it takes no If-Match. */
export function comparedBy(name: EndpointName): { readonly noun: TaggedNoun; readonly get: EndpointName } | undefined {
  const [noun = ''] = name.split(' ');
  const { method, path } = endpointOf(name);
  if ((method !== 'PATCH' && method !== 'DELETE') || !isTagged(noun)) return undefined;
  const get = endpointNames.find((one) => endpointOf(one).method === 'GET' && endpointOf(one).path === path);
  return get && { noun, get };
}
