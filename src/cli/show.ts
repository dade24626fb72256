import { figureNames } from '../api/endpoints/statistics.ts';
import { harmless, type Io, styled } from './io.ts';
import { fields, table } from './table.ts';

type Row = Readonly<Record<string, unknown>>;

/** What a list shows of each; a field that is not named here is seen with `get` or --json. */
const columns: { readonly [noun: string]: readonly string[] } = {
  client: ['name', 'title', 'email', 'sites', 'status'],
  account: ['name', 'title', 'email', 'roles', 'status', 'hasPassword', 'invitedUntil'],
  session: ['id', 'account', 'way', 'address', 'lastSeenAt', 'createdAt', 'userAgent'],
  token: ['id', 'account', 'title', 'scopes', 'offer', 'expiresAt', 'revokedAt', 'lastUsedAt'],
  permission: ['name', 'about', 'of'],
  role: ['name', 'title', 'accounts', 'permissions'],
  membership: ['id', 'account', 'role', 'client'],
  agent: ['id', 'server', 'processes', 'createdAt', 'lastUsedAt', 'revokedAt'],
  server: ['name', 'host', 'status', 'services', 'verifiedAt'],
  service: ['server', 'type', 'engine', 'options'],
  platform: ['name', 'application', 'version', 'server', 'root', 'sites', 'status', 'driftedSince'],
  site: ['name', 'status', 'platform', 'profile', 'client', 'aliases', 'url', 'driftedSince'],
  certificate: ['name', 'status', 'covered', 'issuer', 'notAfter', 'leftOut', 'sites', 'client'],
  alias: ['name', 'site', 'kind'],
  backup: ['id', 'siteName', 'status', 'reason', 'version', 'bytes', 'pinned', 'tested', 'createdAt', 'note'],
  task: ['id', 'name', 'subject', 'status', 'createdAt', 'endedAt'],
  batch: ['id', 'name', 'title', 'status', 'counts', 'createdAt', 'endedAt'],
  'staged-move': ['site', 'from', 'platform', 'status', 'stage', 'nextAt', 'task', 'problem'],
  members: ['position', 'subject', 'status', 'task', 'problem'],
  reserve: ['name', 'template', 'usable', 'full', 'emergency', 'window', 'isOpen', 'perDay', 'dryAt', 'failures'],
  spares: ['id', 'state', 'site', 'wanted', 'usable', 'createdAt', 'stateAt', 'task'],
  offer: ['name', 'title', 'reserve', 'pattern', 'client', 'status', 'orders', 'signUpPage'],
  order: ['id', 'offer', 'url', 'email', 'status', 'client', 'createdAt', 'readyAt'],
  queue: ['name', 'every', 'window', 'turns', 'running', 'late', 'failing', 'paused', 'lastRunAt'],
  statistic: ['site', 'client', 'at', ...figureNames],
  days: ['day', 'sites', ...figureNames],
  turns: ['subject', 'server', 'every', 'state', 'dueAt', 'lastAt', 'failures', 'problem'],
  runs: ['subject', 'status', 'begunAt', 'endedAt', 'task', 'lines', 'problem'],
  notification: [
    'id',
    'kind',
    'subject',
    'task',
    'batch',
    'account',
    'way',
    'webhook',
    'status',
    'attempts',
    'problem',
    'createdAt',
    'endedAt',
  ],
  choose: ['kind', 'mail', 'webhook', 'default', 'about'],
  choices: ['kind', 'mail', 'webhook', 'default', 'about'],
  webhook: ['id', 'account', 'title', 'url', 'status', 'note', 'lastSentAt'],
  setting: ['name', 'value', 'about'],
  package: ['application', 'type', 'name', 'versions', 'platforms', 'sites'],
  packages: ['type', 'name', 'version', 'enabled', 'schemaVersion', 'sites', 'own', 'path'],
  sites: ['site', 'platform', 'type', 'version', 'enabled', 'schemaVersion', 'own'],
  'compared packages': ['result', 'level', 'type', 'name', 'enabled', 'from', 'to', 'remarks'],
  'compared sites': ['site', 'possible', 'counts', 'problems'],
  audit: ['at', 'account', 'by', 'address', 'what', 'subject', 'client', 'result', 'code'],
  view: ['id', 'list', 'name', 'search'],
  engine: ['type', 'name', 'title', 'options', 'secrets'],
  application: ['name', 'title'],
  'task-type': ['name', 'title', 'from'],
};

/** A page as a table; what more there is, is said below it. */
export function showList(
  io: Io,
  noun: string,
  { items, next, total }: { items: readonly Row[]; next?: unknown; total?: unknown },
): void {
  const first = items[0];
  if (!first) {
    io.err('There is none.\n');
    return;
  }
  const shown = (columns[noun] ?? Object.keys(first)).filter((key) => key in first);
  io.out(
    table(
      io,
      shown.map(heading),
      items.map((row) => shown.map((key) => ofNoun(noun, key, row[key]) ?? cell(row[key]))),
    ),
  );
  if (next) io.err(`${items.length} of ${String(total)}. The next page: --after ${String(next)}\n`);
}

const heading = (key: string): string =>
  key
    .replace(/At$/, '')
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/ mb$/, ' MB');

/** Where a value means more than it says. */
function ofNoun(noun: string, key: string, value: unknown): string | undefined {
  if (noun === 'membership' && key === 'client' && value === null) return 'the whole hub';
  if (noun === 'client' && /Max(?:Mb)?$/.test(key) && value === null) return 'no limit';
  if (noun === 'role' && key === 'permissions' && Array.isArray(value) && value.includes('*')) return 'everything';
  return undefined;
}

/** One subject, with what can be done with it. */
export function showOne(io: Io, row: Row, noun = ''): void {
  const shown = Object.entries(row).filter(
    ([key]) => !['etag', 'chain', 'tasks', 'steps', 'actions', 'diagnosis'].includes(key),
  );
  io.out(
    fields(
      io,
      shown.map(([key, value]) => [heading(key), ofNoun(noun, key, value) ?? cell(value)] as const),
    ),
  );
  for (const { name, status } of listOf(row['steps'])) io.out(`  ${cell(status).padEnd(10)}${harmless(cell(name))}\n`);
  showPossible(io, [...listOf(row['tasks']), ...listOf(row['actions'])]);
}

function showPossible(io: Io, all: readonly Row[]): void {
  if (all.length === 0) return;
  const possible = all.filter(({ possible }) => possible === true).map(({ name }) => cell(name));
  io.out(`${styled(io, 'dim', 'possible now')}  ${possible.join(', ') || 'nothing'}\n`);
  for (const { name, reason } of all)
    if (typeof reason === 'string') io.out(`${styled(io, 'dim', `  not ${cell(name)}: ${harmless(reason)}`)}\n`);
}

const listOf = (value: unknown): readonly Row[] => (Array.isArray(value) ? (value as readonly Row[]) : []); // of our own API

/** A value in one line. */
export function cell(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\dT/.test(value) ? moment(value) : value;
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(cell).join(', ');
  if (typeof value === 'object') return objectCell(value as Row); // what is neither null nor a list
  return String(value);
}

/** Each kind of object is known by what it has. */
const kinds: readonly (readonly [readonly string[], (value: Row) => string])[] = [
  [['link', 'expiresAt'], ({ link, expiresAt }) => `${cell(link)} (good once, until ${cell(expiresAt)})`],
  [['sites', 'backups', 'bytes'], (value) => usageCell(value)],
  [['noun', 'name'], ({ name }) => cell(name)],
  [['role', 'client'], ({ role, client }) => (client === null ? cell(role) : `${cell(role)} of ${cell(client)}`)],
  [['name', 'why'], ({ name, why }) => `${cell(name)} (${cell(why)})`],
  [['account', 'role'], ({ account, role }) => `${cell(account)} (${cell(role)})`],
  [['code', 'message'], ({ message }) => cell(message)],
  [['redirect'], ({ name, redirect }) => `${cell(name)}${redirect === true ? ' (redirect)' : ''}`],
  [['engine', 'type'], ({ engine, type }) => `${cell(type)}: ${cell(engine)}`],
  [['ok', 'seconds'], ({ ok, why }) => (ok === true ? 'ok' : `no: ${cell(why)}`)],
  [['directory'], ({ directory }) => cell(directory)],
  [['every', 'lastAt'], (value) => turnCell(value)],
  [['schemaVersion'], (value) => versionCell(value)],
];

function objectCell(value: Row): string {
  const kind = kinds.find(([keys]) => keys.every((key) => key in value));
  if (kind) return kind[1](value);
  const schema = value['properties'];
  if (schema !== null && typeof schema === 'object') return Object.keys(schema).join(', ');
  const all = Object.entries(value);
  return all.length === 0 ? '-' : all.map(([key, one]) => `${key}=${cell(one)}`).join(' ');
}

/** 'every 1h by web, last 2026-…, failed 3 times: …'. */
function turnCell({ every, by, lastAt, failures, problem }: Row): string {
  if (every === 'off') return 'off';
  const last = lastAt === null ? 'did not run yet' : `last ${cell(lastAt)}`;
  return `every ${cell(every)}${by === undefined ? '' : ` by ${cell(by)}`}, ${last}${problem === null ? '' : `, failed ${cell(failures)} times: ${cell(problem)}`}`;
}

const usageCell = ({ sites, backups, bytes }: Row): string =>
  `${counted(sites, 'site')}, ${counted(backups, 'backup')}, ${(Number(bytes) / 1024 / 1024).toFixed(1)} MB`;
const counted = (count: unknown, noun: string): string => `${cell(count)} ${noun}${count === 1 ? '' : 's'}`;

/** '10.1.2 (10100)': the release, and the schema of its database. */
function versionCell({ version, schemaVersion }: Row): string {
  return schemaVersion === null ? cell(version) : `${cell(version)} (${cell(schemaVersion)})`;
}

/** In the time zone of who reads it, to the second. */
export const moment = (at: string): string => {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return at;
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace('T', ' ');
};
