import { sql } from 'kysely';
import type { Handler } from '../hub.ts';
import { iso } from '../time.ts';
import { dropLinks, readLink } from './one-time-link.ts';
import { passwordHash } from './password.ts';
import { demandUnlike, putPassword } from './password-rows.ts';
import { beginSession, endSessions } from './sessions.ts';
import { demandSafeWay } from './visit.ts';

const get: Handler<'invitation get'> = async ({ body }, { tx }) => {
  const { kind, expiresAt, name, title, email } = await readLink(tx, body.secret);
  return { kind, expiresAt: iso(expiresAt), account: { name, title: title ?? name, email } };
};

const accept: Handler<'invitation accept'> = async ({ body }, { hub, visit }) => {
  const { db } = hub.database;
  demandSafeWay(visit);
  demandUnlike(body.password, await readLink(db, body.secret));
  const hash = await passwordHash(body.password);
  await db.transaction().execute(async (tx) => {
    const { accountId, kind } = await readLink(tx, body.secret, { use: true });
    await putPassword(tx, accountId, hash);
    if (body.title !== undefined)
      await sql`update account set title = ${body.title} where id = ${accountId}`.execute(tx);
    await dropLinks(tx, accountId);
    await endSessions(tx, accountId);
    await beginSession(tx, visit, { accountId, way: kind === 'invitation' ? 'invitation' : 'password link' });
  });
  return { next: null };
};

export const invitationHandlers = { 'invitation get': get, 'invitation accept': accept };
