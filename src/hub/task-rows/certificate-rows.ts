import { type Kysely, sql } from 'kysely';
import type { CertificateOrder, CertificateStatus, ChallengeKind, LeftOut } from '../../model/certificate.ts';
import { pemOf } from '../../model/certificate-chain.ts';
import { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';
import type { AcmeAccount } from '../../services/acme/acme.ts';
import { newKey } from '../../tasks/certificate/key.ts';
import { one } from '../rows.ts';
import { seal, unseal } from '../seal.ts';
import { settingValue } from '../setting.ts';
import { acmeSecret, certificateSecret } from '../site-secrets.ts';
import type { Tables } from '../tables.ts';
import { type Reading, type ServiceOnServer, serviceOnServer } from './service-rows.ts';

/** One that comes from an authority, with the web servers of all sites that use it. */
export interface CertificateRows {
  readonly id: string;
  readonly name: string;
  readonly status: CertificateStatus;
  readonly names: readonly string[] | null;
  readonly challenge: ChallengeKind;
  readonly isThere: boolean;
  readonly leftOut: readonly LeftOut[];
  readonly order: CertificateOrder | null;
  readonly comingKey: Secret | null;
  readonly sites: readonly UsingSite[];
  readonly webs: readonly ServiceOnServer[];
  readonly dns: ServiceOnServer | null;
  /** Null: nobody has agreed to the terms of the authority. */
  readonly account: AcmeAccount | null;
}

export interface UsingSite {
  readonly httpServiceId: string;
  readonly names: readonly string[];
}

interface Columns {
  readonly id: string;
  readonly name: string;
  readonly status: CertificateStatus;
  readonly names: readonly string[] | null;
  readonly challenge: ChallengeKind | null;
  readonly dnsServiceId: string | null;
  readonly isThere: boolean;
  readonly leftOut: readonly LeftOut[];
  readonly acmeOrder: CertificateOrder | null;
  readonly comingKey: Buffer | null;
}

export async function certificateRows(reading: Reading, id: string): Promise<CertificateRows> {
  const { db, key } = reading;
  const { rows } = await sql<Columns>`
    select id, name, status, names, challenge, dns_service_id, chain is not null as is_there, left_out, acme_order, coming_key
    from certificate where id = ${id}`.execute(db);
  const { dnsServiceId, acmeOrder, comingKey, challenge, ...row } = one(rows, `there is no certificate ${id}`);
  if (challenge === null)
    throw new Problem('conflict', `somebody has brought the certificate ${row.name}: no authority is asked for it`, {
      hint: 'Bring the next one: aegir certificate set … --chain @file --key @file.',
    });
  const sites = await sitesOf(db, id);
  const webs: ServiceOnServer[] = [];
  for (const http of new Set(sites.map(({ httpServiceId }) => httpServiceId)))
    webs.push(await serviceOnServer(reading, http));
  return {
    ...row,
    ...{ challenge, sites, webs },
    order: acmeOrder,
    comingKey: comingKey && unseal(key, comingKey, certificateSecret('coming_key', id)),
    dns: dnsServiceId === null ? null : await serviceOnServer(reading, dnsServiceId),
    account: await acmeAccount(reading),
  };
}

async function sitesOf(db: Kysely<Tables>, id: string): Promise<readonly UsingSite[]> {
  const { rows } = await sql<UsingSite>`
    select platform.http_service_id, array(
      select alias.name from alias where alias.site_id = site.id and alias.kind <> 'reserved' order by alias.name) as names
    from site join platform on platform.id = site.platform_id
    where site.certificate_id = ${id} and site.status <> 'deleted' and site.copy_of is null order by site.id`.execute(
    db,
  );
  return rows;
}

async function acmeAccount(reading: Reading): Promise<AcmeAccount | null> {
  const { db } = reading;
  if (!(await settingValue(db, 'acme.terms-agreed'))) return null;
  const directory = await settingValue(db, 'acme.directory');
  return {
    directory,
    key: await accountKey(reading, directory),
    email: await settingValue(db, 'acme.email'),
    trust: await settingValue(db, 'acme.trust'),
  };
}

/** Made when it is first needed; of two who make one at once, the first one's is used by both. */
async function accountKey({ db, key }: Reading, directory: string): Promise<Secret> {
  await sql`
    insert into acme_account (directory, key) values (${directory}, ${seal(key, newKey(), acmeSecret(directory))})
    on conflict do nothing`.execute(db);
  const { rows } = await sql<{ key: Buffer }>`select key from acme_account where directory = ${directory}`.execute(db);
  return unseal(key, one(rows, `the account at ${directory}`).key, acmeSecret(directory));
}

/** What a site's web server gets of the hub; null: there is none yet. */
export async function certificatePem({ db, key }: Reading, id: string): Promise<Secret | null> {
  const { rows } = await sql<{ chain: string | null; key: Buffer | null }>`
    select chain, key from certificate where id = ${id}`.execute(db);
  const { chain, key: sealed } = one(rows, `there is no certificate ${id}`);
  if (chain === null || sealed === null) return null;
  return new Secret(pemOf(chain, unseal(key, sealed, certificateSecret('key', id)).reveal()));
}
