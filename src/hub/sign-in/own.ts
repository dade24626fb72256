import { refused } from '../access.ts';
import { demandOver } from '../administrators.ts';
import type { Asked } from '../hub.ts';
import { resolve } from '../resolve.ts';

/**
 * Whose are meant: one's own unless another account is named, which needs power over it. Null for all: through the socket,
 * where nobody is named.
 */
export async function ownOr(asked: Asked, named: string | undefined, what?: string): Promise<string | null> {
  demandUnlimited(asked, what);
  if (named === undefined) return asked.caller.kind === 'account' ? asked.caller.accountId : null;
  const { id } = await resolve(asked, 'account', named);
  await demandOver(asked, id);
  return id;
}

/** Where somebody is signed in or told of things is not for a token that is limited to something else. Throws Problem 'forbidden'. */
export function demandUnlimited({ caller }: Pick<Asked, 'caller'>, what = 'see or end sessions'): void {
  if (caller.kind === 'account' && caller.scopes) throw refused(caller, what);
}
