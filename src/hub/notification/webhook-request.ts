import { createHmac } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { Problem } from '../../model/problem.ts';
import type { Secret } from '../../model/secret.ts';
import { type Checked, checkedAddress } from './address.ts';
import type { Message } from './message.ts';

/** For all of it: name, connection, request and the head of the answer. */
export const webhookLongestMs = 15_000;

export interface WebhookRequest {
  readonly url: string;
  readonly secret: Secret;
  /** The same for each attempt. */
  readonly id: string;
  readonly body: string;
}

/** What is sent: https://www.standardwebhooks.com, with Aegir's own words in `data`. */
export const webhookBody = ({ kind, at, title, problem, link, task, batch, order, subject }: Message): string =>
  JSON.stringify({
    type: kind.replaceAll(' ', '.'),
    timestamp: at.toISOString(),
    data: { title, problem, link, task, batch, order, subject },
  });

const secretPrefix = 'whsec_';
export const webhookSecret = (random: Buffer): string => secretPrefix + random.toString('base64');

const signature = (secret: Secret, signed: string): string =>
  createHmac('sha256', Buffer.from(secret.reveal().slice(secretPrefix.length), 'base64'))
    .update(signed)
    .digest('base64');

/**
 * Throws a Problem unless it is answered with 2xx: 'invalid' for an address that must not be asked, 'not-found' when the
 * answer is 410 (it wants no more), else 'server-unreachable'. Redirects are answers like others.
 */
export async function sendWebhook(request: WebhookRequest, allowed: readonly string[]): Promise<void> {
  const url = new URL(request.url);
  const signal = AbortSignal.timeout(webhookLongestMs);
  const status = await post(url, await checkedAddress(url, allowed), request, signal).catch((cause: unknown) => {
    throw new Problem('server-unreachable', `${url.host} did not answer`, {
      hint: `Look whether it runs and can be reached from the hub. It has ${webhookLongestMs / 1000} s to answer.`,
      cause: signal.aborted ? new Error(`it took longer than ${webhookLongestMs / 1000} s`) : cause,
    });
  });
  if (status === 410)
    throw new Problem('not-found', `${url.host} wants no more: it answered 410 Gone`, {
      hint: 'If it should be told again, mend it and enable the webhook.',
    });
  if (status < 200 || status > 299)
    throw new Problem('server-unreachable', `${url.host} answered ${status}`, {
      hint:
        status >= 300 && status < 400
          ? 'It points elsewhere, and redirects are not followed: give the address it points to.'
          : 'It has to answer with 2xx when it has taken the request. Its own log says more.',
    });
}

function post(url: URL, { address, family }: Checked, request: WebhookRequest, signal: AbortSignal): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const seconds = Math.floor(Date.now() / 1000);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(request.body),
    'user-agent': 'Aegir',
    'webhook-id': request.id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': `v1,${signature(request.secret, `${request.id}.${seconds}.${request.body}`)}`,
  };
  const asked = (url.protocol === 'https:' ? https : http).request(url, {
    ...{ method: 'POST', headers, signal, agent: false },
    // Nobody asks again what the name means.
    lookup: (_, options, found) => (options.all ? found(null, [{ address, family }]) : found(null, address, family)),
  });
  asked.on('error', reject);
  asked.on('response', (response) => {
    resolve(response.statusCode ?? 0);
    response.destroy(); // What it says besides is for nobody.
  });
  asked.end(request.body);
  return promise;
}
