import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { SMTPServer } from 'smtp-server';
import type { TestHub } from './hub.ts';

interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** As it came over the wire. */
  readonly raw: string;
  /** Header lines, unfolded. */
  readonly headers: readonly string[];
  readonly text: string;
  readonly html: string;
}

export interface MailServer {
  readonly port: number;
  readonly mails: readonly ReceivedMail[];
  /** What it says to a recipient or to a mail, instead of taking it. */
  refuse: { at: 'RCPT' | 'DATA'; code: number } | null;
}

const mailUser = { user: 'aegir', password: 'the password of the mail server' };

/** A mail server on a port of its own, which wants to know who sends. `encrypts`: with a certificate that nobody trusts. */
export async function mailServer(t: TestContext, { encrypts = false } = {}): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const made: { refuse: MailServer['refuse'] } = { refuse: null };
  const refusal = (at: 'RCPT' | 'DATA'): Error | null =>
    made.refuse?.at === at ? Object.assign(new Error('not now'), { responseCode: made.refuse.code }) : null;
  const server = new SMTPServer({
    ...(!encrypts && { disabledCommands: ['STARTTLS'] }),
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _, answer) =>
      username === mailUser.user && password === mailUser.password
        ? answer(null, { user: username })
        : answer(Object.assign(new Error('who is that?'), { responseCode: 535 })),
    onRcptTo: (_, __, answer) => answer(refusal('RCPT')),
    onData(stream, { envelope }, answer) {
      void text(stream).then((raw) => {
        const refused = refusal('DATA');
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        if (!refused)
          mails.push(
            received(
              from,
              envelope.rcptTo.map(({ address }) => address),
              raw,
            ),
          );
        answer(refused);
      });
    },
  });
  server.on('error', () => undefined); // of a connection that the hub has ended
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise<void>((resolve) => server.close(resolve)));
  return Object.assign(made, { port: (server.server.address() as AddressInfo).port, mails }); // it listens on TCP
}

/** The hub sends by it. */
export async function useMailServer(
  { good }: Pick<TestHub, 'good'>,
  { port }: MailServer,
  more: object = {},
): Promise<void> {
  const value = { host: '127.0.0.1', port, tls: 'none', user: mailUser.user, from: 'aegir@example.com', ...more };
  await good('PATCH', '/api/settings/mail.smtp', { value });
  await good('PATCH', '/api/settings/mail.password', { value: mailUser.password });
}

function received(from: string, to: readonly string[], raw: string): ReceivedMail {
  const [head = '', ...rest] = raw.split('\r\n\r\n');
  const headers = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const [, boundary] = /boundary="?([^";]+)/.exec(head) ?? [];
  assert.ok(boundary, 'a mail has two forms');
  const parts = rest.join('\r\n\r\n').split(`--${boundary}`);
  const part = (type: string): string => {
    const found = parts.find((one) => one.includes(`Content-Type: ${type}`)) ?? '';
    const [partHead = '', ...body] = found.split('\r\n\r\n');
    return decoded(partHead, body.join('\r\n\r\n'));
  };
  return { from, to, raw, headers, text: part('text/plain'), html: part('text/html') };
}

function decoded(head: string, body: string): string {
  if (/encoding: base64/i.test(head)) return Buffer.from(body, 'base64').toString();
  if (!/quoted-printable/i.test(head)) return body;
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
