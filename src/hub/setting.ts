import { type Kysely, type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { Answer } from '../api/endpoints.ts';
import { origin } from '../api/text.ts';
import type { Json } from '../model/json.ts';
import { period } from '../model/period.ts';
import { everything } from '../model/permission.ts';
import { Problem } from '../model/problem.ts';
import { retention } from '../model/retention.ts';
import { Secret } from '../model/secret.ts';
import { covers, refused } from './access.ts';
import { acmeSettings } from './acme-settings.ts';
import { jsonb } from './database.ts';
import type { Handler, Hub } from './hub.ts';
import { schemaOf } from './json-schema.ts';
import { isNetwork } from './notification/address.ts';
import { smtp } from './notification/smtp-setting.ts';
import { seal, unseal } from './seal.ts';
import { singleSignOn } from './sign-in/single-sign-on-setting.ts';
import { stagedMoveSettings } from './staged-move-settings.ts';
import type { Tables } from './tables.ts';

/** By the name of an application. */
const byApplication = <Value extends z.ZodType<Json>>(value: Value) =>
  z.record(z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, 'is not the name of an application'), value);
/** Every setting there is, with its default and what it is for. */
export const settings = {
  'site.run-user': {
    about: 'The user that the code of a new site runs as',
    // Whoever runs as root or as aegir can read the secrets of all.
    schema: z
      .string()
      .regex(/^(?!(root|aegir)$)[a-z_][a-z0-9_-]{0,31}$/, 'is not the name of a user that sites may run as'),
    value: 'www-data',
  },
  'site.fpm-socket': {
    about: 'The socket of the PHP-FPM pool that serves a new site',
    schema: z.string().regex(/^\/[A-Za-z0-9._/-]{1,106}$/, 'is not the path of a socket'),
    value: '/run/php/php-fpm.sock',
  },
  'backup.upload-max-mb': {
    about: 'How large a backup may be that is uploaded',
    schema: z.int().min(1).max(10_000_000),
    value: 20_480,
  },
  'backup.unpacked-max-mb': {
    about: 'How much may be in an uploaded backup when it is unpacked',
    schema: z.int().min(1).max(100_000_000),
    value: 204_800,
  },
  'backup.retention': {
    about: 'How many backups of each site are kept: last, daily, weekly, monthly, timeZone; null: all of them',
    schema: retention.nullable(),
    value: null,
  },
  'cron.every': {
    about:
      "How often sites run their cron that have no period of their own, by application; 'off': never. Then verify them",
    schema: byApplication(period),
    value: { drupal: '1h', wordpress: '15m' },
  },
  'cron.by': {
    about: 'Whether they run it over the web or by command line, by application; web unless it is said',
    schema: byApplication(z.enum(['web', 'command'])),
    value: {},
  },
  'cron.seconds-max': {
    about: 'How long a cron may take; then it has failed',
    schema: z.int().min(5).max(3600),
    value: 300,
  },
  'queue.runs-kept': {
    about: 'How many runs of each site are kept, of each queue',
    schema: z.int().min(1).max(1000),
    value: 20,
  },
  'statistic.retention-days': {
    about: 'How many days the statistics of sites are kept',
    schema: z.int().min(1).max(36_500),
    value: 730,
  },
  'audit.retention-days': {
    about: 'How many days is kept who did what',
    schema: z.int().min(30).max(36_500),
    value: 730,
  },
  'task.retention-days': {
    about: 'How many days ended tasks and their logs are kept',
    schema: z.int().min(1).max(36_500),
    value: 90,
  },
  'platform.build-mib-max': {
    about: 'How large (in MiB) the code of a platform may be that Aegir builds',
    schema: z.int().min(1).max(1_000_000),
    value: 4096,
  },
  'platform.build-files-max': {
    about: 'How many files and directories it may have',
    schema: z.int().min(1).max(10_000_000),
    value: 500_000,
  },
  'hub.address': {
    about: 'Where people reach the panel: https://panel.example.com; null: on its own machine only',
    schema: origin.nullable(),
    value: null,
  },
  'session.idle-hours': {
    about: 'After how many hours without a request somebody has to sign in again',
    schema: z
      .int()
      .min(1)
      .max(24 * 365),
    value: 12,
  },
  'session.longest-days': {
    about: 'After how many days somebody has to sign in again, whatever happens',
    schema: z.int().min(1).max(365),
    value: 7,
  },
  'impersonation.minutes': {
    about: 'How many minutes somebody can be signed in as another, to help',
    schema: z.int().min(1).max(480),
    value: 60,
  },
  'sign-in.second-factor-roles': {
    about: 'Roles whose accounts must have a second factor: ["administrator"]',
    schema: z.array(z.string().min(1).max(63)).max(100),
    value: [],
  },
  'sign-in.single-sign-on': {
    about:
      'The OpenID Connect provider that says who somebody is: issuer, client, title, domains, claim, create; null: none',
    schema: singleSignOn.nullable(),
    value: null,
  },
  'sign-in.single-sign-on-secret': {
    about: 'What the hub shows to that provider: its client secret',
    schema: z.string().min(1).max(1000).nullable(),
    value: null,
    secret: true,
  },
  ...stagedMoveSettings,
  ...acmeSettings,
  'mail.smtp': {
    about: 'The mail server that takes what the hub sends: host, port, tls, user, from, title; null: no mails',
    schema: smtp.nullable(),
    value: null,
  },
  'mail.password': {
    about: 'What the hub shows to that server, with the user in mail.smtp',
    schema: z.string().min(1).max(1000).nullable(),
    value: null,
    secret: true,
  },
  'mail.digest-after': {
    about: 'How many mails an account gets within ten minutes, before what comes is sent as one',
    schema: z.int().min(0).max(1000),
    value: 5,
  },
  'webhook.networks': {
    about:
      'Networks of your own, such as 10.1.2.0/24, that webhooks may lead to, without https if need be; else only the internet',
    schema: z.array(z.string().refine(isNetwork, 'is not a network such as 10.1.2.0/24')).max(100),
    value: [],
  },
  'api.requests-per-minute': {
    about: 'How many requests a token may send in a minute; null: as many as it likes',
    schema: z.int().min(60).max(1_000_000).nullable(),
    value: 6000,
  },
  'sign-up.hourly-max': {
    about: 'How often somebody may sign up for a site from one address in an hour',
    schema: z.int().min(1).max(1_000_000),
    value: 20,
  },
  'order.hourly-max': {
    about: 'How many sites a token may order in an hour; and how many may be ordered from one address',
    schema: z.int().min(1).max(1_000_000),
    value: 300,
  },
  'token.valid-days': {
    about: 'After how many days a token expires, unless it says otherwise',
    schema: z.int().min(1).max(36_500),
    value: 90,
  },
  'invitation.valid-days': {
    about: 'How many days an invitation can be accepted',
    schema: z.int().min(1).max(60),
    value: 7,
  },
} as const satisfies {
  readonly [name: string]: {
    readonly about: string;
    readonly schema: z.ZodType<Json>;
    readonly value: Json;
    /** Kept sealed, and never shown. */
    readonly secret?: true;
  };
};
type Settings = typeof settings;
type SettingName = keyof Settings;

/** As it is set, or its default. */
export async function settingValue<Name extends SettingName>(
  db: Kysely<Tables>,
  name: Name,
): Promise<z.output<Settings[Name]['schema']>> {
  const { rows } = await sql<{ value: Json }>`select value from setting where name = ${name}`.execute(db);
  const { schema, value } = settings[name];
  return schema.parse(rows[0]?.value ?? value) as z.output<Settings[Name]['schema']>; // of this very schema
}

/** The same within a statement, as jsonb. */
export const settingSql = (name: SettingName): RawBuilder<Json> =>
  sql`coalesce((select value from setting where name = ${name}), ${jsonb(settings[name].value ?? 'null')}::jsonb)`;

/** All of them, also those that stand at their defaults. */
const list: Handler<'setting list'> = async (_, { tx }) => {
  const { rows } = await sql<{ name: string; value: Json }>`select name, value from setting`.execute(tx);
  const found = new Map(rows.map(({ name, value }) => [name, value]));
  const items = settingNames.map((name) => shown(name, found.get(name)));
  return { items, next: null, total: items.length };
};

const settingNames = Object.keys(settings) as readonly SettingName[]; // of the table above

/** As it is answered; what is kept is not what is shown of a secret. Undefined: it stands at its default. */
function shown(name: SettingName, kept: Json | undefined): Answer<'setting set'> {
  const { about, schema, value, ...more } = settings[name];
  const isSecret = 'secret' in more;
  const isDefault = kept === undefined;
  const now = isSecret && !isDefault ? hidden : kept;
  return { ...{ name, about, isSecret, isDefault }, value: isDefault ? value : now, schema: schemaOf(schema) };
}

const hidden = '••••';
const purpose = (name: string): string => `setting:${name}`;

type SecretName = { [Name in SettingName]: Settings[Name] extends { secret: true } ? Name : never }[SettingName];

/** Null: it is not set. */
export async function secretSetting(
  db: Kysely<Tables>,
  { sealKey }: Pick<Hub, 'sealKey'>,
  name: SecretName,
): Promise<Secret | null> {
  const { rows } = await sql<{ value: string }>`select value from setting where name = ${name}`.execute(db);
  return rows[0] ? unseal(sealKey, Buffer.from(rows[0].value, 'base64'), purpose(name)) : null;
}

const set: Handler<'setting set'> = async ({ params, body }, { tx, hub, caller }) => {
  const name = knownName(params.name);
  // By what one comes in and as whom, and where secrets and messages go: whoever could change that may everything.
  if (
    /^(?:sign-in|hub|mail|webhook)\./.test(name) &&
    !covers(caller, { permissions: new Set([everything]), client: null })
  )
    throw refused(caller, `change ${name}`, { client: null });
  if (body.value === undefined || body.value === null) {
    await sql`delete from setting where name = ${name}`.execute(tx);
    return shown(name, undefined);
  }
  const parsed = settings[name].schema.safeParse(body.value);
  if (!parsed.success)
    throw new Problem('invalid', `this is no value for ${name}`, {
      hint: `Its default is ${JSON.stringify(settings[name].value)}.`,
      fields: parsed.error.issues.map(({ path, message }) => ({ path: ['value', ...path].join('.'), message })),
    });
  const isSecret = 'secret' in settings[name];
  const kept = isSecret
    ? seal(hub.sealKey, new Secret(String(parsed.data)), purpose(name)).toString('base64')
    : parsed.data;
  await sql`insert into setting (name, value) values (${name}, ${jsonb(kept)}::jsonb)
            on conflict (name) do update set value = excluded.value`.execute(tx);
  return shown(name, parsed.data);
};

function knownName(name: string): SettingName {
  if (Object.hasOwn(settings, name)) return name as SettingName; // Just looked up.
  throw new Problem('not-found', 'there is no such setting', {
    hint: `There are: ${Object.keys(settings).join(', ')}.`,
  });
}

export const settingHandlers = { 'setting list': list, 'setting set': set };
