import { Agent } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import acme, { type Authorization, Client, type Order } from 'acme-client';
import type { CertificateOrder, Challenge, ChallengeKind, LeftOut } from '../../model/certificate.ts';
import { Problem } from '../../model/problem.ts';
import type { Secret } from '../../model/secret.ts';
import type { Acme, AcmeAccount } from './acme.ts';
import { type Reaching, reach } from './reach.ts';

const requestMs = 30_000;
/** Let's Encrypt looks within seconds; a record may take a while until all of its name servers have it. */
const proofMs = 3 * 60_000;
const lookEveryMs = 1_000;

/** An authority over the network, by acme-client: docs/decisions/0046. */
export class Authority implements Acme {
  readonly #client: Client;
  readonly #account: AcmeAccount;
  readonly #reaching: Reaching;
  #isKnown = false;

  constructor(account: AcmeAccount, reaching: Reaching = {}) {
    this.#account = account;
    this.#reaching = reaching;
    acme.axios.defaults.timeout = requestMs;
    // The library has one way to the network for all. A trusted certificate besides the system's own is for a private authority.
    if (account.trust !== null) acme.axios.defaults.httpsAgent = new Agent({ ca: account.trust });
    this.#client = new Client({ directoryUrl: account.directory, accountKey: account.key.reveal() });
  }

  order(names: readonly string[], kind: ChallengeKind): Promise<CertificateOrder> {
    return this.#asked(`order a certificate for ${names.join(', ')}`, async () => {
      await this.#known();
      const identifiers = names.map((value) => ({ type: 'dns', value }));
      const order = await this.#client.createOrder({ identifiers });
      const challenges: Challenge[] = [];
      for (const authorization of await this.#client.getAuthorizations(order))
        if (authorization.status !== 'valid') challenges.push(await this.#challenge(authorization, kind));
      return { url: order.url, challenges };
    });
  }

  prove(order: CertificateOrder): Promise<readonly LeftOut[]> {
    return this.#asked('have names proven', async () => {
      await this.#known();
      const begun = await this.#client.getOrder({ url: order.url } as Order);
      for (const authorization of await this.#client.getAuthorizations(begun)) {
        const kind = order.challenges.find(({ name }) => name === nameOf(authorization))?.kind;
        const challenge = authorization.challenges.find(({ type }) => type === `${kind}-01`);
        if (authorization.status === 'pending' && challenge?.status === 'pending')
          await this.#client.completeChallenge(challenge);
      }
      for (const until = Date.now() + proofMs; Date.now() < until; await wait(lookEveryMs)) {
        const all = await this.#client.getAuthorizations(begun);
        if (all.some(({ status }) => status === 'pending')) continue;
        return all.filter(({ status }) => status !== 'valid').map(refusal);
      }
      throw new Problem('timeout', `the authority did not come to an end within ${proofMs / 60_000} minutes`, {
        hint: 'Try again later; its status page may say more.',
      });
    });
  }

  obtain(order: CertificateOrder, names: readonly string[], key: Secret): Promise<string> {
    return this.#asked('get the certificate', async () => {
      await this.#known();
      const [, csr] = await acme.crypto.createCsr({ altNames: [...names] }, key.reveal());
      const begun = await this.#client.getOrder({ url: order.url } as Order);
      const asked = begun.status === 'ready' ? await this.#client.finalizeOrder(begun, csr) : begun;
      // Asked by its address: what was answered to the request has none.
      const ready = await this.#client.waitForValidStatus<Order>({ ...asked, url: order.url });
      return this.#client.getCertificate({ ...ready, url: order.url });
    });
  }

  reach(name: string, path: string): ReturnType<Acme['reach']> {
    return reach(name, path, this.#reaching);
  }

  /** An account is known by its key: asking for it again makes no other one. */
  async #known(): Promise<void> {
    if (this.#isKnown) return;
    const { email } = this.#account;
    const contact = email === null ? {} : { contact: [`mailto:${email}`] };
    // The library changes an account that is there already; without an address that is an empty change, which authorities refuse.
    if (email !== null || !(await this.#isThere()))
      await this.#client.createAccount({ termsOfServiceAgreed: true, ...contact });
    this.#isKnown = true;
  }

  /** What keeps us from knowing, keeps us from making one too, and is told then. */
  #isThere(): Promise<boolean> {
    return this.#client.createAccount({ onlyReturnExisting: true }).then(
      () => true,
      () => false,
    );
  }

  async #challenge(authorization: Authorization, kind: ChallengeKind): Promise<Challenge> {
    const name = nameOf(authorization);
    const challenge = authorization.challenges.find(({ type }) => type === `${kind}-01`);
    if (!challenge)
      throw new Problem(
        'conflict',
        `the authority takes no proof by ${kind === 'http' ? 'a file' : 'DNS'} for ${name}`,
        {
          hint: kind === 'http' ? 'Choose the challenge dns.' : 'Choose the challenge http.',
        },
      );
    return { name, kind, token: challenge.token, text: await this.#client.getChallengeKeyAuthorization(challenge) };
  }

  async #asked<Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw refused(this.#account.directory, what, error);
    }
  }
}

const nameOf = ({ identifier, wildcard }: Authorization): string =>
  wildcard ? `*.${identifier.value}` : identifier.value;

function refusal(authorization: Authorization): LeftOut {
  const said = authorization.challenges.map(({ error }) => (error as { detail?: string } | undefined)?.detail);
  const why = said.find((detail) => detail !== undefined) ?? `the authority calls it ${authorization.status}`;
  return { name: nameOf(authorization), why: why.slice(0, 1000) };
}

/** What axios and acme-client throw are plain errors: without an answer nobody was there. */
function refused(directory: string, what: string, error: unknown): Problem {
  const { message, code } = error as Error & { readonly code?: string };
  const isAway = code !== undefined && /^(E[A-Z]+|ECONN\w+|CERT_\w+|\w*SELF_SIGNED\w*|UNABLE_\w+)$/.test(code);
  return new Problem(
    isAway ? 'server-unreachable' : 'conflict',
    isAway
      ? `the authority at ${directory} does not answer`
      : `the authority did not ${what}: ${message.slice(0, 1000)}`,
    {
      hint: isAway
        ? 'Is acme.directory right, and does this machine reach it? A private authority needs its certificate in acme.trust.'
        : 'It says itself what it wants; too many requests in a short time are refused for hours.',
      cause: error,
    },
  );
}
