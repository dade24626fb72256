import type { Kysely } from 'kysely';
import type { Configuration } from 'openid-client';
import { z } from 'zod';
import { Problem } from '../../model/problem.ts';
import type { Asked, Handler, Hub } from '../hub.ts';
import { secretSetting, settingValue } from '../setting.ts';
import type { Tables } from '../tables.ts';
import { begin, finish, look } from './challenge.ts';
import { countGuess, guessFrom, guessOfPasskeys, takeBack } from './guesses.ts';
import { addressOfPanel } from './one-time-link.ts';
import { beginSession } from './sessions.ts';
import { accountOf, type Person } from './single-sign-on-account.ts';
import type { SingleSignOn } from './single-sign-on-setting.ts';
import { demandSafeWay, setBegunCookie } from './visit.ts';

/** Loaded by who needs it first. */
const openid = () => import('openid-client');

const ways: Handler<'session ways'> = async (_, { tx }) => {
  const setting = await settingValue(tx, 'sign-in.single-sign-on');
  return { singleSignOn: setting && { title: setting.title } };
};

const start: Handler<'single-sign-on begin'> = async (_, { hub, visit }) => {
  const { db } = hub.database;
  demandSafeWay(visit);
  await countGuess(db, guessOfPasskeys(visit.address));
  const { setting, provider } = await providerOf(db, hub);
  const { buildAuthorizationUrl, calculatePKCECodeChallenge, randomNonce, randomPKCECodeVerifier, randomState } =
    await openid();
  const wanted = { verifier: randomPKCECodeVerifier(), state: randomState(), nonce: randomNonce() };
  const location = buildAuthorizationUrl(provider, {
    redirect_uri: await returnTo(db, hub),
    scope: setting.scope,
    code_challenge: await calculatePKCECodeChallenge(wanted.verifier),
    code_challenge_method: 'S256',
    state: wanted.state,
    nonce: wanted.nonce,
  });
  // Only the browser that began it can finish it.
  setBegunCookie(visit, await begin(db, hub, 'single sign-on', { accountId: null, wanted }), 600);
  return { location: location.href };
};

const wantedShape = z.object({ verifier: z.string(), state: z.string(), nonce: z.string() });

const end: Handler<'single-sign-on finish'> = async ({ body }, asked) => {
  const { hub, visit } = asked;
  const { db } = hub.database;
  demandSafeWay(visit);
  const from = guessFrom(visit.address);
  await countGuess(db, from);
  const begun = visit.begun ?? '';
  const wanted = wantedShape.parse((await look(db, hub, 'single sign-on', begun)).wanted);
  const { setting, provider } = await providerOf(db, hub);
  const back = new URL(await returnTo(db, hub));
  back.search = body.search;
  const person = await personOf(provider, back, wanted);
  await db.transaction().execute(async (tx) => {
    await finish(tx, begun);
    const accountId = await accountOf(tx, setting, person);
    await beginSession(tx, visit, { accountId, way: 'single sign-on' });
  });
  setBegunCookie(visit, '', 0);
  await takeBack(db, from);
  return { next: null };
};

const returnTo = async (db: Kysely<Tables>, hub: Asked['hub']): Promise<string> =>
  `${await addressOfPanel(db, hub)}/sign-in/return`;

interface Provider {
  readonly setting: SingleSignOn;
  readonly provider: Configuration;
}

async function providerOf(db: Kysely<Tables>, hub: Hub): Promise<Provider> {
  const setting = await settingValue(db, 'sign-in.single-sign-on');
  if (!setting)
    throw new Problem('not-found', 'there is no single sign-on here', { hint: 'Sign in with name and password.' });
  const secret = await secretSetting(db, hub, 'sign-in.single-sign-on-secret');
  const { allowInsecureRequests, ClientSecretPost, discovery, None } = await openid();
  const how = secret ? ClientSecretPost(secret.reveal()) : None();
  // The setting lets http be on this very machine only.
  const insecure = setting.issuer.startsWith('http://') ? [allowInsecureRequests] : [];
  const options = { execute: insecure, timeout: 10 };
  const provider = await discovery(new URL(setting.issuer), setting.client, undefined, how, options).catch(unreachable);
  return { setting, provider };
}

/** Everything of it is checked by the library: state, nonce, issuer, audience, signature, times. */
async function personOf(provider: Configuration, back: URL, wanted: z.output<typeof wantedShape>): Promise<Person> {
  const { authorizationCodeGrant, fetchUserInfo } = await openid();
  const tokens = await authorizationCodeGrant(provider, back, {
    pkceCodeVerifier: wanted.verifier,
    expectedState: wanted.state,
    expectedNonce: wanted.nonce,
    idTokenExpected: true,
  }).catch(refused);
  const claims = tokens.claims();
  if (!claims) throw refused(new Error('no ID token'));
  // What is asked for by scope many providers tell only there; the library compares whose it is.
  const more =
    provider.serverMetadata().userinfo_endpoint === undefined
      ? {}
      : await fetchUserInfo(provider, tokens.access_token, claims.sub).catch(refused);
  return { issuer: claims.iss, subject: claims.sub, claims: { ...more, ...claims } };
}

const unreachable = (cause: unknown): never => {
  throw new Problem('server-unreachable', 'the provider of single sign-on does not answer as one', {
    hint: 'Sign in with name and password, or try again. An administrator looks at the setting sign-in.single-sign-on.',
    cause,
  });
};

/** What exactly was wrong is for the log of the provider; here stands only that it was. */
const refused = (cause: unknown): never => {
  throw new Problem('unauthenticated', 'the provider of single sign-on did not say who you are', {
    hint: 'Begin again from the sign-in page.',
    cause,
  });
};

export const singleSignOnHandlers = {
  'session ways': ways,
  'single-sign-on begin': start,
  'single-sign-on finish': end,
};
