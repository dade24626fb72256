import { Problem } from '../../model/problem.ts';
import { may } from '../access.ts';
import type { Asked } from '../hub.ts';
import { resolve } from '../resolve.ts';

/** Whether sessions and tokens of this account are the caller's to see and to end: their own, or anybody's for who rules over accounts. */
export const isOver = ({ caller }: Pick<Asked, 'caller'>, accountId: string): boolean =>
  (caller.kind === 'account' && caller.accountId === accountId) || may(caller, 'account set');

/**
 * Whose are meant: one's own unless another account is named, which needs the right to rule over accounts; who has it not is
 * told that there is none. Null for all: through the socket, where nobody is named.
 */
export async function ownOr(
  { tx, caller }: Pick<Asked, 'tx' | 'caller'>,
  named: string | undefined,
): Promise<string | null> {
  const own = caller.kind === 'account' ? caller : null;
  if (named === undefined || named === own?.accountId || named === own?.name) return own?.accountId ?? null;
  if (may(caller, 'account set')) return (await resolve(tx, 'account', named)).id;
  throw new Problem('not-found', `there is no account '${named.slice(0, 80)}'`, { hint: 'You see your own.' });
}
