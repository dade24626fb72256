import { sql } from 'kysely';
import type { Answer } from '../../api/endpoints.ts';
import { Problem } from '../../model/problem.ts';
import type { Handler, Reader } from '../hub.ts';
import { settingValue } from '../setting.ts';
import { defaultInWords, type KindName, kindNames, kinds, ways } from './kinds.ts';
import { ownAccount } from './own-account.ts';

interface ChoiceRow {
  readonly kind: string;
  readonly way: 'mail' | 'webhook';
  readonly choice: 'always' | 'never';
}

async function choices(tx: Reader, account: string): Promise<Answer<'notification choices'>> {
  const { rows } = await sql<ChoiceRow>`
    select kind, way, choice from notification_choice where account_id = ${account}`.execute(tx);
  const chosen = (kind: KindName, way: string): ChoiceRow['choice'] | 'default' =>
    rows.find((row) => row.kind === kind && row.way === way)?.choice ?? 'default';
  const { rows: found } = await sql<{ email: string | null; webhooks: number }>`
    select email, (select count(*)::int from webhook where account_id = account.id and status = 'enabled') as webhooks
    from account where id = ${account}`.execute(tx);
  const { email = null, webhooks = 0 } = found[0] ?? {};
  const items = kindNames.map((kind) => ({
    kind,
    about: kinds[kind].about,
    default: defaultInWords(kind),
    mail: chosen(kind, 'mail'),
    webhook: chosen(kind, 'webhook'),
  }));
  const notByMail =
    (await settingValue(tx, 'mail.smtp')) === null
      ? 'The hub has no mail server: an administrator sets it (mail.smtp).'
      : email === null
        ? 'Your account has no mail address.'
        : null;
  return { items, email, notByMail, notByWebhook: webhooks === 0 ? 'You have no webhook that is enabled.' : null };
}

const get: Handler<'notification choices'> = async ({ query }, asked) =>
  choices(asked.tx, await ownAccount(asked, query.account));

const choose: Handler<'notification choose'> = async ({ body }, asked) => {
  const { tx } = asked;
  const { kind, account: named, ...wanted } = body;
  const account = await ownAccount(asked, named);
  if (!(kindNames as readonly string[]).includes(kind))
    throw new Problem('invalid', `nobody is told of '${kind}'`, {
      hint: `There are: ${kindNames.join(', ')}.`,
      fields: [{ path: 'kind', message: 'is not a kind of notification' }],
    });
  for (const way of ways) {
    const { [way]: choice } = wanted;
    if (choice === undefined) continue;
    await sql`delete from notification_choice where account_id = ${account} and kind = ${kind} and way = ${way}`.execute(
      tx,
    );
    if (choice !== 'default')
      await sql`
        insert into notification_choice (account_id, kind, way, choice) values (${account}, ${kind}, ${way}, ${choice})
        on conflict (account_id, kind, way) do update set choice = excluded.choice`.execute(tx);
  }
  return choices(tx, account);
};

export const choiceHandlers = { 'notification choices': get, 'notification choose': choose };
