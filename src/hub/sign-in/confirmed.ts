import { Problem } from '../../model/problem.ts';
import type { Asked } from '../hub.ts';

/** The session that asks. Throws Problem 'forbidden' for a token or the socket: what follows is a person's own to do. */
export function sessionOf({ caller }: Pick<Asked, 'caller'>): {
  readonly id: string;
  readonly accountId: string;
  readonly confirmedAt: Date;
} {
  if (caller.kind === 'account' && caller.session) return { ...caller.session, accountId: caller.accountId };
  throw new Problem('forbidden', 'only who is signed in with a browser can do this', {
    hint: 'Open the panel and sign in.',
  });
}

const confirmedMs = 10 * 60_000;
export const confirmedUntil = (at: Date): Date => new Date(at.getTime() + confirmedMs);

/**
 * The account of a session whose person has just shown who they are: whoever finds a browser open must not change by what
 * one comes in. Throws Problem 'unconfirmed'.
 */
export function confirmedAccount(asked: Pick<Asked, 'caller'>): string {
  const { accountId, confirmedAt } = sessionOf(asked);
  if (confirmedUntil(confirmedAt).getTime() > Date.now()) return accountId;
  throw new Problem('unconfirmed', 'this needs that you show once more who you are', {
    hint: 'Give your password again (POST /api/session/confirm), then repeat it.',
  });
}

/** The same of what lets somebody in, where it is asked for with a browser: a token, a link, factors that are taken away. */
export function demandConfirmed(asked: Pick<Asked, 'caller'>): void {
  if (asked.caller.kind === 'account' && asked.caller.session) confirmedAccount(asked);
}
