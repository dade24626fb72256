import type { Answer, Input } from '../../api/endpoints.ts';
import { Problem } from '../../model/problem.ts';
import { text } from '../text/text.ts';

type Asked = Answer<'passkey begin'>['options'];
type Shown = Input<'session passkey'>['body']['passkey'];

/** Loaded by who needs it first. */
const library = () => import('@simplewebauthn/browser');

/** The browser asks for one that is there. Throws Problem 'unauthenticated' when nobody gave one. */
export async function showPasskey(options: Asked): Promise<Shown> {
  const { startAuthentication } = await library();
  return { ...(await startAuthentication({ optionsJSON: options as never }).catch(notGiven)) }; // The hub's library made them.
}

export async function makePasskey(options: Asked): Promise<Shown> {
  const { startRegistration } = await library();
  return { ...(await startRegistration({ optionsJSON: options as never }).catch(notGiven)) };
}

const notGiven = (cause: unknown): never => {
  throw new Problem('unauthenticated', text().signIn.noPasskey, { hint: text().signIn.noPasskeyHint, cause });
};
