import { type RawBuilder, sql } from 'kysely';
import type { Answer, Given } from '../api/endpoints.ts';
import { type ChallengeKind, isWildcard, renewAt } from '../model/certificate.ts';
import { type ReadChain, readChain } from '../model/certificate-chain.ts';
import { Problem } from '../model/problem.ts';
import { Secret } from '../model/secret.ts';
import { askFor } from './ask.ts';
import { writeCertificate } from './certificate-rows.ts';
import { giveCertificate } from './certificate-use.ts';
import { taken } from './client.ts';
import { tagged } from './etag.ts';
import { type Asked, accountOf, type Handler } from './hub.ts';
import { byName, contains, equals, listPage, live, maybeTime, sorted } from './list.ts';
import { outstanding, ownerOf, possibleTasks, taskTypeOf } from './possible.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import { chosenClient } from './site-create.ts';
import { chosenDns } from './site-dns.ts';
import { taskById } from './task.ts';
import { iso, isoOrNull } from './time.ts';
import { visible } from './visible.ts';

type Certificate = Answer<'certificate get'>;

interface CertificateRow
  extends Omit<Certificate, 'etag' | 'notBefore' | 'notAfter' | 'renewAt' | 'createdAt' | 'tasks'> {
  readonly clientId: string;
  readonly notBefore: Date | null;
  readonly notAfter: Date | null;
  readonly createdAt: Date;
}
const columns = sql`certificate.id, certificate.name, client.name as client, certificate.client_id, certificate.status,
  certificate.kind, certificate.names, certificate.challenge, server.name as dns, certificate.covered, certificate.issuer,
  certificate.not_before, certificate.not_after, certificate.left_out, certificate.chain, certificate.created_at,
  array(select site.name from site where site.certificate_id = certificate.id and site.status <> 'deleted'
    and site.copy_of is null order by site.name) as sites`;
const from = sql`certificate join client on client.id = certificate.client_id
  left join service on service.id = certificate.dns_service_id left join server on server.id = service.server_id`;

async function answers(asked: Asked, rows: readonly CertificateRow[]): Promise<Certificate[]> {
  const ids = rows.map(({ id }) => id);
  const tasks = await outstanding(asked.tx, 'certificate', ids);
  return rows.map(({ clientId: client, notBefore, notAfter, leftOut, ...row }) =>
    tagged('certificate', {
      ...row,
      leftOut: leftOut.map((left) => ({ ...left })),
      notBefore: isoOrNull(notBefore),
      notAfter: isoOrNull(notAfter),
      renewAt: row.kind === 'acme' && notBefore && notAfter ? iso(renewAt(notBefore, notAfter)) : null,
      createdAt: iso(row.createdAt),
      tasks: possibleTasks(asked, 'certificate', { status: row.status, client }, tasks.get(row.id)),
    }),
  );
}

async function certificateById(asked: Asked, id: string): Promise<Certificate> {
  const { rows } = await sql<CertificateRow>`select ${columns} from ${from} where certificate.id = ${id}`.execute(
    asked.tx,
  );
  return one(await answers(asked, rows), `there is no certificate ${id}`);
}

const sorts = {
  name: { column: 'certificate.name', type: 'text' },
  status: { column: 'certificate.status', type: 'text' },
  expires: maybeTime('certificate.not_after'),
  created: { column: 'certificate.created_at', type: 'timestamptz' },
} as const;

const list: Handler<'certificate list'> = async ({ query }, asked) => {
  const client = query.client === undefined ? undefined : (await resolve(asked, 'client', query.client)).id;
  const site = query.site === undefined ? undefined : (await resolve(asked, 'site', query.site)).id;
  const where = [
    visible('certificate', asked.caller),
    live('certificate', query.status),
    equals('certificate.client_id', client),
    site === undefined ? null : sql`certificate.id = (select certificate_id from site where id = ${site})`,
    lookedFor(query.q),
  ];
  const keys = sorted({ keys: byName('certificate') }, sorts, query.sort);
  const page = await listPage<CertificateRow>(asked.tx, { columns, from, where, ...keys }, query);
  return { ...page, items: await answers(asked, page.items) };
};

/** In its name, and in the names that it is for. */
function lookedFor(q: string | undefined): RawBuilder<unknown> | null {
  const own = contains(['certificate.name'], q);
  const names = sql`unnest(certificate.covered || coalesce(certificate.names, '{}')) as host (name)`;
  return own && sql`(${own} or exists (select from ${names} where ${contains(['host.name'], q)}))`;
}

const get: Handler<'certificate get'> = async ({ params }, asked) =>
  certificateById(asked, (await resolve(asked, 'certificate', params.name)).id);

const create: Handler<'certificate create'> = async ({ body }, asked) => {
  const { tx } = asked;
  const { name, sites = [], names = null } = body;
  const brought = bring(body);
  const clientId = await clientFor(asked, body);
  const proof = brought ? { challenge: null, dns: null } : await chosenProof(asked, { ...body, names });
  const { rows } = await sql<{ id: string }>`
    insert into certificate (name, client_id, kind, names, challenge, dns_service_id)
    values (${name}, ${clientId}, ${brought ? 'own' : 'acme'}, ${names}, ${proof.challenge}, ${proof.dns})
    on conflict do nothing returning id`.execute(tx);
  const id = rows[0]?.id;
  if (id === undefined) throw taken('certificate', name);
  if (brought) await writeCertificate(tx, asked.hub.sealKey, id, brought);
  for (const site of sites) await giveCertificate(asked, site, name);
  return { certificate: await certificateById(asked, id), task: brought ? null : await obtain(asked, id) };
};

/** Of its sites, which all must be of one. */
async function clientFor(asked: Asked, { client, sites = [] }: Given<'certificate create'>['body']): Promise<string> {
  const [first] = sites;
  if (client !== undefined || first === undefined) return chosenClient(asked, client);
  const { id } = await resolve(asked, 'site', first);
  return (await ownerOf(asked.tx, 'site', id)) ?? '';
}

type Brought = ReadChain & { readonly chain: string; readonly key: Secret };

/** null: none was brought. Throws Problem 'invalid'. */
function bring({ chain, key, ...rest }: Partial<Given<'certificate create'>['body']>): Brought | null {
  if (chain === undefined && key === undefined) return null;
  if (chain === undefined || key === undefined)
    throw refusal(chain === undefined ? 'chain' : 'key', 'a certificate and its key belong together', 'Give both.');
  const given = (['names', 'challenge', 'dns'] as const).find((field) => rest[field] !== undefined);
  if (given)
    throw refusal(
      given,
      'a certificate that is brought is for the names in it',
      'Leave it out, or leave chain and key out.',
    );
  const secret = new Secret(key);
  return { ...readChain(chain, secret, new Date()), chain, key: secret };
}

async function chosenProof(
  asked: Asked,
  {
    names,
    challenge,
    dns,
  }: {
    readonly names: readonly string[] | null;
    readonly challenge?: ChallengeKind | undefined;
    readonly dns?: string | null | undefined;
  },
): Promise<{ readonly challenge: ChallengeKind; readonly dns: string | null }> {
  const chosen = challenge ?? (names?.some(isWildcard) || dns ? 'dns' : 'http');
  if (chosen === 'http') {
    if (names?.some(isWildcard))
      throw refusal('challenge', 'names with a star can only be proven by DNS', 'Choose the challenge dns.');
    if (dns) throw refusal('dns', 'a proof by http needs no dns service', 'Leave it out, or choose the challenge dns.');
    return { challenge: 'http', dns: null };
  }
  return { challenge: 'dns', dns: await dnsService(asked, dns ?? null) };
}

async function dnsService(asked: Asked, named: string | null): Promise<string> {
  if (named !== null) {
    const id = await chosenDns(asked, null, named);
    if (id !== null) return id;
  }
  const { rows } = await sql<{ id: string }>`
    select id from service where type = 'dns' and engine <> 'null' and status = 'enabled' order by id limit 2`.execute(
    asked.tx,
  );
  const [only, other] = rows;
  if (only && !other) return only.id;
  throw refusal(
    'dns',
    only ? 'there are several dns services' : 'there is no dns service',
    'Name the server whose it is: --dns.',
  );
}

const set: Handler<'certificate set'> = async ({ params, body }, asked) => {
  const { tx, hub } = asked;
  const { id } = await resolve(asked, 'certificate', params.name, { lock: true });
  const { kind, ...now } = await certificateById(asked, id);
  const brought = bring(withoutNull(body));
  if (brought && kind === 'acme')
    throw refusal(
      'chain',
      'this one is obtained from an authority',
      'Make another one of your own, and give it to the sites.',
    );
  if (brought) await writeCertificate(tx, hub.sealKey, id, brought);
  if (brought || Object.keys(body).length === 0) return { certificate: await certificateById(asked, id), task: null };
  if (kind === 'own')
    throw refusal(Object.keys(body)[0] ?? '', 'this one was brought', 'Only chain and key of it can be changed.');
  const names = body.names === undefined ? now.names : body.names;
  const challenge =
    body.challenge ?? (body.names === undefined && body.dns === undefined ? (now.challenge ?? undefined) : undefined);
  const dns = body.dns === undefined && challenge !== 'http' ? now.dns : body.dns;
  const proof = await chosenProof(asked, { names, challenge, dns });
  await sql`
    update certificate set names = ${names}, challenge = ${proof.challenge}, dns_service_id = ${proof.dns} where id = ${id}`.execute(
    tx,
  );
  return { certificate: await certificateById(asked, id), task: await obtain(asked, id) };
};

const withoutNull = ({ names, dns, ...rest }: Given<'certificate set'>['body']) => ({
  ...rest,
  ...(names != null && { names }),
  ...(dns != null && { dns }),
});

/** Nothing is asked of an authority before somebody has said that it may be. */
async function obtain(asked: Asked, id: string): Promise<Answer<'certificate create'>['task']> {
  const subject = await resolve(asked, 'certificate', id, { lock: true });
  const { task } = await askFor(asked, taskTypeOf(asked.hub, 'certificate', 'certificate obtain'), subject, {
    accountId: accountOf(asked),
  });
  return taskById(asked, task);
}

const remove: Handler<'certificate delete'> = async ({ params }, asked) => {
  const { tx } = asked;
  const { id, name } = await resolve(asked, 'certificate', params.name, { lock: true });
  const { sites } = await certificateById(asked, id);
  if (sites[0] !== undefined)
    throw new Problem(
      'in-use',
      `certificate ${name} is used by ${sites[0]}${sites.length > 1 ? ` and ${sites.length - 1} more` : ''}`,
      {
        hint: `Take it from them first: aegir site set ${sites[0]} --no-certificate.`,
      },
    );
  const [task] = (await outstanding(tx, 'certificate', [id])).get(id) ?? [];
  if (task)
    throw new Problem('in-use', `task ${task.id} (${task.name}) is at work on certificate ${name}`, {
      hint: `Cancel it first, or wait: aegir task cancel ${task.id}.`,
    });
  await sql`update certificate set status = 'deleted', key = null, chain = null, not_after = null where id = ${id}`.execute(
    tx,
  );
  return { deleted: name };
};

const refusal = (path: string, message: string, hint: string): Problem =>
  new Problem('invalid', message, { hint, fields: [{ path, message }] });

export const certificateHandlers = {
  'certificate list': list,
  'certificate get': get,
  'certificate create': create,
  'certificate set': set,
  'certificate delete': remove,
};
