import { sql } from 'kysely';
import type { Given } from '../api/endpoints.ts';
import { secondsOf } from '../model/period.ts';
import { Problem } from '../model/problem.ts';
import { checkedData } from './added-data.ts';
import { type AliasRow, writeAliases } from './alias.ts';
import { giveCertificate } from './certificate-use.ts';
import { jsonb } from './database.ts';
import { type Asked, accountOf, type Handler } from './hub.ts';
import { demandMayLeave } from './locked-sites.ts';
import { outstanding, ownerOf, taskTypeOf } from './possible.ts';
import { addTask, type Subject } from './queue.ts';
import { demandQuota } from './quota.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import { siteById } from './site.ts';
import {
  chosenClient,
  demandCertificate,
  demandOperator,
  demandRedirection,
  emailFor,
  siteNames,
} from './site-create.ts';
import { chosenDns } from './site-dns.ts';
import { demandUsable } from './site-platform.ts';
import { taskById } from './task.ts';

type Change = Given<'site set'>['body'];

const set: Handler<'site set'> = async ({ params, body }, asked) => {
  const { tx } = asked;
  const site = await resolve(asked, 'site', params.name, { lock: true });
  demandOperator(asked, body, (await ownerOf(tx, 'site', site.id)) ?? '');
  const tasks = (await outstanding(tx, 'site', [site.id])).get(site.id) ?? [];
  const deleting = tasks.find(({ name }) => name === 'site delete');
  if (deleting)
    throw new Problem('wrong-status', `${site.name} is being deleted by task ${deleting.id}`, {
      hint: `To keep the site, cancel it first: aegir task cancel ${deleting.id}.`,
    });
  await demandPair(asked, site, body);
  await writeNames(asked, site, body);
  if (body.certificate !== undefined) await giveCertificate(asked, site.id, body.certificate);
  const changed = await changedColumns(asked, site, body);
  if (Object.keys(changed).length > 0) await tx.updateTable('site').set(changed).where('id', '=', site.id).execute();
  const task = Object.keys(body).length > 0 ? await verify(asked, site) : null;
  return { site: await siteById(asked, site.id), task: task === null ? null : await taskById(asked, task) };
};

/** What the change leaves of certificate and key must still be both or neither. */
async function demandPair({ tx }: Pick<Asked, 'tx'>, { id }: Subject, body: Change): Promise<void> {
  const { rows } = await sql<{ certificatePath: string | null; keyPath: string | null }>`
    select certificate_path, key_path from site where id = ${id}`.execute(tx);
  const before = one(rows, `there is no site ${id}`);
  const { certificatePath = before.certificatePath, keyPath = before.keyPath } = body;
  demandCertificate(certificatePath, keyPath);
}

/** One that is not installed yet, or failed to be, needs no task: the installation takes what is here then. */
async function verify(asked: Asked, site: Subject): Promise<string | null> {
  const type = taskTypeOf(asked.hub, 'site', 'site verify');
  if (!type.from.includes(site.status)) return null;
  return (await addTask(asked.tx, type, site, { accountId: accountOf(asked) })).task;
}

async function writeNames(asked: Asked, site: Subject, { aliases, redirection }: Change): Promise<void> {
  const { tx } = asked;
  if (aliases === undefined && redirection === undefined) return;
  const { rows } = await sql<{ name: string; kind: AliasRow['kind'] }>`
    select name, kind from alias where site_id = ${site.id} and kind <> 'reserved'`.execute(tx);
  const before = new Map(rows.map(({ name, kind }) => [name, kind]));
  const names = aliases === undefined ? before : siteNames(site.name, aliases ?? []);
  const { rows: kept } = await sql<{ redirection: string | null }>`
    select redirection from site where id = ${site.id}`.execute(tx);
  demandRedirection(names, redirection === undefined ? (kept[0]?.redirection ?? null) : redirection);
  if (aliases !== undefined) await writeAliases(asked, site.id, names);
}

/** Null resets: to the site's name, the client 'main', no dns service and its TTL, no redirection, no https and nothing said of it, a certificate of our own, no data, cron and backups as they are by themselves. */
async function changedColumns(asked: Asked, site: Subject, body: Change) {
  const { title, email, client, dns, dnsTtl, redirection, tls, hsts, certificatePath, keyPath, data } = body;
  return {
    ...(title !== undefined && { title: title ?? site.name }),
    ...(email !== undefined && { email: email ?? emailFor(site.name) }),
    ...(client !== undefined && { clientId: await newClient(asked, site, client) }),
    ...(dns !== undefined && { dnsServiceId: await chosenDns(asked, null, dns) }),
    ...(dnsTtl !== undefined && { dnsTtlS: dnsTtl }),
    ...(redirection !== undefined && { redirection }),
    ...(tls !== undefined && { tls: tls ?? 'off' }),
    ...(hsts !== undefined && { hstsS: hsts }),
    ...(certificatePath !== undefined && { certificatePath }),
    ...(keyPath !== undefined && { keyPath }),
    ...sweptColumns(body),
    ...(data !== undefined && { data: jsonb(checkedData(asked.hub, 'site', data ?? {})) }),
  };
}

/** It stays on its platform, so the platform must be for the new client too. */
async function newClient(asked: Asked, site: Subject, client: string | null): Promise<string> {
  const id = await chosenClient(asked, client);
  if (id === (await ownerOf(asked.tx, 'site', site.id))) return id;
  await demandMayLeave(asked, site.id);
  await demandQuota(asked.tx, id, 'site');
  const { rows } = await sql<{ id: string; name: string }>`
    select platform.id, platform.name from site join platform on platform.id = site.platform_id
    where site.id = ${site.id}`.execute(asked.tx);
  await demandUsable(asked.tx, one(rows, `there is no site ${site.id}`), id);
  return id;
}

/** What is done to it by itself; null: as it is without anybody saying so. */
const sweptColumns = ({ cron, cronBy, backup, retention }: Change) => ({
  ...(cron !== undefined && { cronEveryS: cron === null ? null : secondsOf(cron) }),
  ...(cronBy !== undefined && { cronBy }),
  ...(backup !== undefined && { backupEveryS: backup === null ? null : secondsOf(backup) }),
  ...(retention !== undefined && { backupRetention: retention === null ? null : jsonb(retention) }),
});

export const siteSetHandlers = { 'site set': set };
