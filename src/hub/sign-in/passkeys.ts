import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
  WebAuthnCredential,
} from '@simplewebauthn/server';
import { type Kysely, sql } from 'kysely';
import type { Asked } from '../hub.ts';
import type { Tables } from '../tables.ts';
import { addressOfPanel } from './one-time-link.ts';

/** 0.2 s and 27 MB: loaded by who needs it first. */
const webauthn = () => import('@simplewebauthn/server');

/** Where the panel is: a passkey is good there and nowhere else, so nobody can be led to show it to another page. */
export interface Place {
  /** 'https://panel.example.com' */
  readonly origin: string;
}
export const placeOf = async ({ tx, hub }: Pick<Asked, 'tx' | 'hub'>): Promise<Place> => ({
  origin: await addressOfPanel(tx, hub),
});
const rpOf = ({ origin }: Place): string => new URL(origin).hostname;

interface Person {
  readonly id: string;
  readonly name: string;
  readonly title: string | null;
}

/** What a browser asks an authenticator for; with the challenge that its answer must have. */
export async function optionsForNew(
  db: Kysely<Tables>,
  place: Place,
  { id, name, title }: Person,
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const { generateRegistrationOptions } = await webauthn();
  return generateRegistrationOptions({
    rpName: 'Aegir',
    rpID: rpOf(place),
    userID: new TextEncoder().encode(`account:${id}`),
    userName: name,
    userDisplayName: title ?? name,
    attestationType: 'none',
    excludeCredentials: await credentialsOf(db, id),
    // With these it can be used alone later: it is found without a name, and knows its person by finger, face or PIN.
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
  });
}

/** Without an account it must know its person itself, as there was no password. */
export async function optionsForSignIn(
  db: Kysely<Tables>,
  place: Place,
  accountId: string | null,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const { generateAuthenticationOptions } = await webauthn();
  return generateAuthenticationOptions({
    rpID: rpOf(place),
    userVerification: accountId === null ? 'required' : 'preferred',
    ...(accountId !== null && { allowCredentials: await credentialsOf(db, accountId) }),
  });
}

const credentialsOf = async (db: Kysely<Tables>, accountId: string): Promise<{ id: string; transports: string[] }[]> =>
  (
    await sql<{ id: string; transports: string[] }>`
      select credential_id as id, transports from passkey where account_id = ${accountId} order by id limit 50`.execute(
      db,
    )
  ).rows;

/** Null: it is not what was asked for. */
export async function checkNew(
  place: Place,
  challenge: string,
  response: RegistrationResponseJSON,
): Promise<WebAuthnCredential | null> {
  const { verifyRegistrationResponse } = await webauthn();
  const checked = await verifyRegistrationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: place.origin,
    expectedRPID: rpOf(place),
    requireUserVerification: false,
  }).catch(wrong);
  return checked?.registrationInfo?.credential ?? null;
}

export async function putPasskey(
  tx: Kysely<Tables>,
  accountId: string,
  title: string,
  { id, publicKey, counter, transports = [] }: WebAuthnCredential,
): Promise<string | null> {
  const { rows } = await sql<{ id: string }>`
    insert into passkey (account_id, credential_id, public_key, counter, transports, title)
    values (${accountId}, ${id}, ${Buffer.from(publicKey)}, ${counter}, ${[...transports]}, ${title})
    on conflict do nothing returning id`.execute(tx);
  return rows[0]?.id ?? null;
}

/**
 * Whose passkey has answered the challenge: `accountId`'s, or anybody's when it is null, who must then have been verified by
 * it. Null: nobody's.
 */
export async function takePasskey(
  tx: Kysely<Tables>,
  place: Place,
  { challenge, accountId }: { readonly challenge: string; readonly accountId: string | null },
  response: AuthenticationResponseJSON,
): Promise<{ readonly accountId: string } | null> {
  const { verifyAuthenticationResponse } = await webauthn();
  const { rows } = await sql<PasskeyRow>`
    select passkey.id, account_id, public_key, counter, transports
    from passkey join account on account.id = passkey.account_id
    where credential_id = ${response.id} and account.status = 'enabled' for update of passkey`.execute(tx);
  const [found] = rows;
  if (!found || (accountId !== null && found.accountId !== accountId)) return null;
  const checked = await verifyAuthenticationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: place.origin,
    expectedRPID: rpOf(place),
    requireUserVerification: accountId === null,
    credential: {
      id: response.id,
      publicKey: new Uint8Array(found.publicKey),
      counter: Number(found.counter),
      transports: [...found.transports],
    },
  }).catch(wrong);
  if (!checked?.verified) return null;
  await sql`
    update passkey set counter = ${checked.authenticationInfo.newCounter}, last_used_at = now()
    where id = ${found.id}`.execute(tx);
  return { accountId: found.accountId };
}

interface PasskeyRow {
  readonly id: string;
  readonly accountId: string;
  readonly publicKey: Buffer;
  readonly counter: string;
  readonly transports: readonly string[];
}

/** The library throws for whatever is not as it must be, and all of it comes from outside. */
const wrong = (error: unknown): null => {
  if (error instanceof Error) return null;
  throw error;
};
