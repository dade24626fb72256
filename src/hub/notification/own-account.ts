import { Problem } from '../../model/problem.ts';
import type { Asked } from '../hub.ts';
import { ownOr } from '../sign-in/own.ts';

/** Whose notifications are meant: one's own, or those of another over whom one has power. Throws Problem 'invalid' where nobody is meant. */
export async function ownAccount(asked: Asked, named: string | undefined): Promise<string> {
  const account = await ownOr(asked, named, refusal);
  if (account !== null) return account;
  throw new Problem('invalid', 'nobody is signed in here', {
    hint: 'Say whose notifications you mean: --account ada.',
    fields: [{ path: 'account', message: 'is missing' }],
  });
}

export const refusal = 'see or change what somebody is told of';
