import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { Problem } from '../../model/problem.ts';
import type { Hub } from '../hub.ts';
import { secretSetting, settingValue } from '../setting.ts';
import type { Tables } from '../tables.ts';
import type { MailText } from './mail-text.ts';
import type { Smtp } from './smtp-setting.ts';

/** Loaded when the first mail is sent. */
const nodemailer = () => import('nodemailer');

const timeoutMs = 10_000;
/** For all of it; a server that says a byte now and then would keep the lease for ever. */
export const mailLongestMs = 45_000;

export interface Mail extends MailText {
  readonly to: string;
  /** The same when it is sent again: most readers then show it once. */
  readonly id: string;
}

/** Throws Problem 'not-found' (no mail server is set), 'server-unreachable', or 'invalid' (refused for good). */
export async function sendMail(db: Kysely<Tables>, hub: Pick<Hub, 'sealKey'>, mail: Mail): Promise<void> {
  const smtp = await settingValue(db, 'mail.smtp');
  if (smtp === null)
    throw new Problem('not-found', 'the hub has no mail server', {
      hint: 'An administrator sets one: aegir setting set mail.smtp \'{"host":"smtp.example.com","from":"aegir@example.com"}\'.',
    });
  const password = await secretSetting(db, hub, 'mail.password');
  const { createTransport } = await nodemailer();
  const transport = createTransport({
    host: smtp.host,
    port: smtp.port,
    secure: smtp.tls === 'tls',
    requireTLS: smtp.tls === 'starttls',
    ignoreTLS: smtp.tls === 'none',
    ...(smtp.user !== null && { auth: { user: smtp.user, pass: password?.reveal() ?? '' } }),
    ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs, dnsTimeout: timeoutMs },
    // Nothing in a mail is ever a path or an address to be read.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`it took longer than ${mailLongestMs / 1000} s`)), mailLongestMs);
  try {
    await Promise.race([transport.sendMail(written(smtp, mail)), promise]);
  } catch (error) {
    throw explained(smtp, mail, error);
  } finally {
    clearTimeout(timer);
    transport.close();
  }
}

/** Addresses as they are, not as text that would be read for several. */
const written = ({ from, title }: Smtp, { to, id, subject, text, html }: Mail) => ({
  from: { name: title, address: from },
  to: { name: '', address: to },
  messageId: `<${createHash('sha256').update(id).digest('hex').slice(0, 32)}@${from.split('@')[1] ?? 'aegir'}>`,
  ...{ subject, text, html },
  headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
});

function explained({ host, port }: Smtp, { to }: Mail, error: unknown): Problem {
  const code = error instanceof Error && 'responseCode' in error ? Number(error.responseCode) : 0;
  const command = error instanceof Error && 'command' in error ? String(error.command) : '';
  const cause = error;
  if (command.startsWith('AUTH') || code === 535 || code === 530)
    return new Problem('server-unreachable', `the mail server ${host} does not let the hub in`, {
      hint: 'Set its user in mail.smtp, and its password: aegir setting set mail.password @/root/secret.',
      cause,
    });
  if (code >= 500 && command.startsWith('RCPT'))
    return new Problem('invalid', `the mail server ${host} does not take mail for ${to}`, {
      hint: 'Correct the mail address of your account.',
      cause,
    });
  return new Problem('server-unreachable', `the mail server ${host}, port ${port}, did not take the mail`, {
    hint: 'Look whether it runs, whether mail.smtp names its port and how it encrypts (starttls, tls or none), and what its log says.',
    cause,
  });
}
