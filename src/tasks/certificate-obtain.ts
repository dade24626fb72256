import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { isWildcard, type LeftOut } from '../model/certificate.ts';
import { readChain } from '../model/certificate-chain.ts';
import { Problem } from '../model/problem.ts';
import { newKey } from './certificate/key.ts';
import { publishChallenges, withdrawChallenges } from './certificate/publishing.ts';
import type { CertificateContext } from './context.ts';
import { taskType } from './define.ts';
import type { Step } from './task-type.ts';

/**
 * For all names that can be proven: one that cannot does not keep the others waiting. Sites that use the certificate are verified
 * when it is there; until then they have the one of before, or a self-signed one.
 */
export const certificateObtain = taskType({
  name: 'certificate obtain',
  title: 'Obtain certificate',
  args: z.strictObject({}),
  from: ['queued', 'enabled', 'failed'],
  timeoutMs: 15 * 60_000,
  coalesce: true,
  context: (load, id) => load.certificate(id),
  async check({ certificate, acme }) {
    if (acme === null)
      throw new Problem(
        'invalid',
        `nobody has agreed to the terms of the authority that ${certificate.name} is to be of`,
        {
          hint: "Read them, then: aegir setting set acme.terms-agreed true. acme.directory says which authority; Let's Encrypt unless you say otherwise.",
        },
      );
    if (certificate.names.length > 0) return;
    throw new Problem('invalid', `${certificate.name} is for no name`, {
      hint: 'Give it names, or give it to a site: aegir site set <site> --certificate …',
    });
  },
  steps: () => [lookWhich, proveNames, obtain, withdraw],
  done: () => ({ certificate: { status: 'enabled' } }),
  failed: ({ certificate }) => ({ certificate: { status: certificate.isThere ? 'enabled' : 'failed' } }),
});

type ObtainStep = Step<CertificateContext, Record<string, never>>;

/** An authority counts failures and refuses who has many; so we look first as it would. */
const lookWhich: ObtainStep = {
  name: 'look which of its names can be proven',
  async run(context) {
    const { certificate, report } = context;
    const leftOut: LeftOut[] = [];
    try {
      for (const name of certificate.names) {
        const why = await whyNot(context, name);
        if (why !== null) leftOut.push({ name, why });
      }
    } finally {
      await context.withdrawFile(probeOf(context));
    }
    await leave(context, leftOut);
    for (const { name, why } of leftOut) await report.note(`${name} is left out: ${why}`, 'warning');
  },
  undo: (context) => context.withdrawFile(probeOf(context)),
};

/** The same for who takes the task over. */
const probeOf = ({ certificate }: CertificateContext): string => `aegir-${certificate.id}`;

async function whyNot(context: CertificateContext, name: string): Promise<string | null> {
  const { certificate, acme, dns, webOf, report } = context;
  if (certificate.challenge === 'dns') {
    const zones = await dns?.dns.look([name.replace(/^\*\./, '')]);
    return zones?.has(name.replace(/^\*\./, '')) ? null : `it is in no zone of the dns service of ${dns?.server}`;
  }
  if (isWildcard(name)) return 'names with a star can only be proven by DNS: the challenge dns';
  const web = webOf(name);
  if (!web) return 'no site that uses the certificate has this name';
  if (report.isDryRun) return null;
  const [probe, text] = [probeOf(context), randomBytes(18).toString('base64url')];
  await web.putChallenge(probe, text);
  const found = await acme?.reach(name, `/.well-known/acme-challenge/${probe}`);
  if (!found || 'why' in found) return `${found?.why ?? 'nobody was asked'}: does its DNS lead to this web server?`;
  return found.text.trim() === text ? null : 'another web server answers for it: its DNS leads elsewhere';
}

/** From here on the certificate is for the others. Throws where none is left. */
async function leave(context: CertificateContext, more: readonly LeftOut[]): Promise<void> {
  const { certificate, report, state } = context;
  state.leftOut = [...state.leftOut.filter(({ name }) => more.every((one) => one.name !== name)), ...more];
  state.names = certificate.names.filter((name) => state.leftOut.every((one) => one.name !== name));
  await report.record({ certificate: { id: certificate.id, leftOut: state.leftOut } });
  if (state.names.length > 0) return;
  throw new Problem('conflict', `none of the names of ${certificate.name} can be proven`, {
    hint: state.leftOut
      .map(({ name, why }) => `${name}: ${why}`)
      .join('; ')
      .slice(0, 2000),
  });
}

/** Names that the authority does not believe make the whole order void: then the others are ordered anew. */
const ordersMax = 3;

const proveNames: ObtainStep = {
  name: 'prove its names to the authority',
  async run(context) {
    const { certificate, acme, report, state } = context;
    if (report.isDryRun || acme === null) return;
    for (let round = 1; ; round += 1) {
      state.order ??= await acme.order(namesOf(context), certificate.challenge);
      await report.record({ certificate: { id: certificate.id, order: state.order } });
      await publishChallenges(context);
      const refused = await acme.prove(state.order);
      if (refused.length === 0) return;
      for (const { name, why } of refused)
        await report.note(`the authority does not believe ${name}: ${why}`, 'warning');
      await withdrawChallenges(context);
      await leave(context, refused);
      if (round >= ordersMax)
        throw new Problem('conflict', `the authority refused names of ${certificate.name} ${ordersMax} times`, {
          hint: 'What is refused, and why, is in the log of the task.',
        });
    }
  },
  undo: withdrawChallenges,
};

/** After a worker's death the order says what is still in it. */
function namesOf({ certificate, state }: CertificateContext): readonly string[] {
  if (state.names.length > 0) return state.names;
  return certificate.names.filter((name) => state.leftOut.every((one) => one.name !== name));
}

const obtain: ObtainStep = {
  name: 'obtain it',
  async run(context) {
    const { certificate, acme, report, state } = context;
    if (report.isDryRun || acme === null || state.order === null) return;
    // Kept before it is used: the authority gives one certificate for an order, and only for the key that it was asked with.
    state.key ??= newKey();
    await report.record({ certificate: { id: certificate.id, comingKey: state.key } });
    const chain = await acme.obtain(state.order, namesOf(context), state.key);
    const found = readChain(chain, state.key, new Date());
    await report.record({ certificate: { id: certificate.id, made: { chain, key: state.key, ...found } } });
    await report.changed([
      `obtained a certificate for ${found.names.join(', ')} of ${found.issuer}, good until ${found.notAfter.toISOString().slice(0, 10)}`,
    ]);
  },
  undo: 'nothing', // A certificate that nobody uses harms nobody; the sites have it when they are verified.
};

const withdraw: ObtainStep = {
  name: 'take the proofs away',
  run: withdrawChallenges,
  undo: 'nothing', // Nobody needs them any more.
};
