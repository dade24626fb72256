import { sql } from 'kysely';
import type { Json } from '../model/json.ts';
import type { Owner } from '../model/owner.ts';
import { Problem } from '../model/problem.ts';
import { isUsable } from '../model/reserve.ts';
import { demandFree, writeAliases } from './alias.ts';
import { askFor } from './ask.ts';
import { jsonb } from './database.ts';
import { type Asked, accountOf, byItself, type Handler } from './hub.ts';
import { outstanding, taskTypeOf } from './possible.ts';
import { demandQuota } from './quota.ts';
import { cloneTemplate } from './reserve-clone.ts';
import { openSpares, type ReserveRow, reserveRow, rulesOf } from './reserve-rows.ts';
import { resolve } from './resolve.ts';
import { siteById } from './site.ts';
import { chosenClient, clientEmail, emailFor } from './site-create.ts';
import { heldPlatform } from './site-platform.ts';
import { taskById } from './task.ts';

/**
 * One transaction: a spare becomes the caller's, with its name, title and mail address, and the task that makes the site itself say
 * so. Where there is none the template is cloned as for anybody else, and the rest follows when that is done.
 */
const claim: Handler<'reserve claim'> = async ({ params, body }, asked) => {
  const { tx } = asked;
  const clientId = await chosenClient(asked, body.client);
  const { id } = await resolve(asked, 'reserve', params.name);
  const email = body.email ?? (await clientEmail({ tx }, clientId)) ?? emailFor(body.name);
  const wanted = { name: body.name, title: body.title ?? body.name, email, clientId, owner: {} };
  const { site, task, isSpare } = await claimSite(asked, id, wanted);
  return { site: await siteById(asked, site), task: await taskById(asked, task), spare: isSpare };
};

type Claiming = Pick<Asked, 'tx' | 'hub' | 'caller'>;

interface Wanted {
  readonly name: string;
  readonly title: string;
  readonly email: string;
  readonly clientId: string;
  readonly owner: Owner;
}

export interface Claimed {
  readonly site: string;
  readonly task: string;
  readonly spare: string;
  /** It was there already. */
  readonly isSpare: boolean;
}

/** Of this reserve, for this client, which is held and may have sites; whoever asks for it. */
export async function claimSite(asked: Claiming, reserveId: string, wanted: Wanted): Promise<Claimed> {
  const { tx } = asked;
  await demandQuota(tx, wanted.clientId, 'site');
  const reserve = await reserveRow(tx, reserveId);
  await demandFree(asked, new Map([[wanted.name, 'canonical']]));
  const template = await resolve({ tx, ...byItself({ noun: 'site' }) }, 'site', reserve.templateId);
  await demandPlatform(asked, reserve, template.id, wanted.clientId);
  const { rows } = await sql<{ at: Date }>`select now() as at`.execute(tx);
  const at = rows[0]?.at ?? new Date();
  const spare = await takeSpare(asked, reserve, at);
  if (spare) return { ...(await giveSpare(asked, spare, wanted, at)), spare: spare.id, isSpare: true };
  return { ...(await cloneFor(asked, reserve, wanted, at)), isSpare: false };
}

/** What is not for the client is not given by this way either. */
async function demandPlatform(
  { tx }: Claiming,
  reserve: ReserveRow,
  template: string,
  clientId: string,
): Promise<void> {
  const { rows } = await sql<{ id: string }>`select platform_id as id from site where id = ${template}`.execute(tx);
  await heldPlatform({ tx, ...byItself({ noun: 'site' }) }, reserve.platformId ?? rows[0]?.id ?? '', clientId);
}

interface Taken {
  readonly id: string;
  readonly siteId: string;
  readonly name: string;
}

/**
 * The oldest that is fit to be given, held until the transaction ends; those that others are just taking are passed over, and those
 * on which a task is at work, as that would keep its new owner waiting.
 */
async function takeSpare({ tx, hub }: Claiming, reserve: ReserveRow, at: Date): Promise<Taken | null> {
  const rules = rulesOf(reserve);
  const usable = (await openSpares(tx, hub, [reserve.id])).filter((spare) => isUsable(spare, rules, at));
  let ids = usable.map(({ id }) => id);
  while (ids.length > 0) {
    const { rows } = await sql<Taken>`
      select spare.id, spare.site_id, spare.name from spare join site on site.id = spare.site_id
      where spare.id = any (${ids}::bigint[]) and spare.state = 'ready' and site.status = 'enabled'
      order by spare.id limit 1 for update of spare, site skip locked`.execute(tx);
    const [taken] = rows;
    // Whoever asks for a task holds the site, so none comes in between from here on.
    if (!taken || !(await outstanding(tx, 'site', [taken.siteId])).has(taken.siteId)) return taken ?? null;
    ids = ids.filter((id) => id !== taken.id);
  }
  return null;
}

async function giveSpare(
  asked: Claiming,
  spare: Taken,
  { name, title, email, clientId, owner }: Wanted,
  at: Date,
): Promise<{ readonly site: string; readonly task: string }> {
  const { tx, hub } = asked;
  const site = spare.siteId;
  // Until it is renamed, its visitors are led to the name that was asked for.
  await writeAliases(
    asked,
    site,
    new Map([
      [spare.name, 'canonical'],
      [name, 'alias'],
    ]),
  );
  await sql`
    update site set client_id = ${clientId}, title = ${title}, email = ${email}, redirection = ${name}
    where id = ${site}`.execute(tx);
  const type = taskTypeOf(hub, 'site', 'site hand-over');
  const subject = { id: site, name: spare.name, status: 'enabled' };
  const { task } = await askFor({ tx, hub, ...byItself(type) }, type, subject, {
    args: { ...owner } as Json, // of that type's own schema
    accountId: accountOf(asked),
  });
  await sql`
    update spare set state = 'claimed', state_at = ${at}, claimed_at = ${at}, wanted = ${name},
      account_id = ${accountOf(asked)}, owner = ${jsonb({ ...owner } as Json)}::jsonb, task_id = ${task}, failures = 0, held_until = null, problem = null
    where id = ${spare.id}`.execute(tx);
  return { site, task };
}

/** The ordinary way, which leads to the same: a site that is built for somebody, and handed over then. */
async function cloneFor(
  asked: Claiming,
  reserve: ReserveRow,
  { name, title, email, clientId, owner }: Wanted,
  at: Date,
): Promise<Omit<Claimed, 'isSpare'>> {
  const { tx } = asked;
  const template = await resolve({ tx, ...byItself({ noun: 'site' }) }, 'site', reserve.templateId, { lock: true });
  const claimedBy = { accountId: accountOf(asked), owner };
  const wanted = { name, title, email, client: clientId };
  return cloneTemplate(asked, reserve, template, wanted, { at, claimedBy }).catch((error: unknown) => {
    throw isAboutTemplate(error) ? noneToMake(reserve) : error;
  });
}

const isAboutTemplate = (error: unknown): boolean =>
  error instanceof Problem && ['wrong-status', 'not-found'].includes(error.code);

/** The template may be somebody's whom the caller must not even know. */
const noneToMake = ({ name }: ReserveRow): Problem =>
  new Problem('wrong-status', `the reserve ${name} has no spare, and none can be made just now`, {
    hint: `Try again later. Who cares for the hub sees why: aegir reserve get ${name}.`,
  });

export const reserveClaimHandlers = { 'reserve claim': claim };
