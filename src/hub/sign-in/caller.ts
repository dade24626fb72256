import { timingSafeEqual } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Endpoint } from '../../api/endpoint.ts';
import { Problem } from '../../model/problem.ts';
import type { Caller } from '../access.ts';
import { withRights } from '../rights.ts';
import type { Tables } from '../tables.ts';
import { authenticate } from '../token.ts';
import { csrfOf, findSession } from './sessions.ts';
import { demandSameOrigin, type Origin, type Visit } from './visit.ts';

/**
 * Who asks. An endpoint that is open answers everybody alike, so what else the request carries is not looked at.
 * Throws Problem 'unauthenticated', or 'forbidden' for what another page made a browser send.
 */
export async function callerOf(
  db: Kysely<Tables>,
  { method, open, early }: Endpoint,
  request: Request,
  origin: Origin,
  visit: Visit,
): Promise<Caller> {
  if (origin.local) return { kind: 'local' };
  const authorization = request.headers.get('authorization');
  if (open) {
    if (method !== 'GET') demandSameOrigin(request, { strict: false });
    return { kind: 'stranger' };
  }
  if (authorization === null && visit.session !== null) {
    const session = await findSession(db, visit.session);
    if (!session) throw isOver();
    const { accountId, name, ...rest } = session;
    demandOurPage(request, method, visit.session);
    if (rest.lacksFactor && !early) throw lacksFactor();
    return withRights(db, { kind: 'account', accountId, name, session: rest });
  }
  return withRights(db, await authenticate(db, authorization ?? undefined));
}

const isOver = (): Problem =>
  new Problem('unauthenticated', 'you are not signed in any more', { hint: 'Sign in again.' });

const lacksFactor = (): Problem =>
  new Problem('forbidden', 'your account must have a second factor, and has none', {
    hint: 'Set up an authenticator app or a passkey first: the panel leads you there.',
  });

/** A browser sends its cookie whoever asks it to; only a page of ours knows what is to stand beside it. */
function demandOurPage(request: Request, method: Endpoint['method'], cookie: string): void {
  demandSameOrigin(request, { strict: method !== 'GET' });
  if (method === 'GET') return;
  const said = Buffer.from(request.headers.get('x-aegir-csrf') ?? '');
  const wanted = Buffer.from(csrfOf(cookie));
  if (said.length !== wanted.length || !timingSafeEqual(said, wanted))
    throw new Problem('forbidden', 'this request does not carry the value that our own pages send', {
      hint: 'Load the page anew. It is `csrf` of GET /api/session, and goes into the header X-Aegir-Csrf.',
    });
}
