import { sql } from 'kysely';
import type { Handler } from '../hub.ts';
import { iso } from '../time.ts';
import { dropLinks, readLink } from './one-time-link.ts';
import { passwordHash } from './password.ts';
import { demandUnlike, putPassword } from './password-rows.ts';
import { endSessions } from './sessions.ts';
import { enter } from './signing-in.ts';
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
  return db.transaction().execute(async (tx) => {
    const { accountId, name, kind } = await readLink(tx, body.secret, { use: true });
    await putPassword(tx, accountId, hash);
    if (body.title !== undefined)
      await sql`update account set title = ${body.title} where id = ${accountId}`.execute(tx);
    await dropLinks(tx, accountId);
    await endSessions(tx, accountId);
    const way = kind === 'invitation' ? 'invitation' : 'password link';
    return enter({ tx, hub, visit }, { id: accountId, name, hash }, way);
  });
};

export const invitationHandlers = { 'invitation get': get, 'invitation accept': accept };
