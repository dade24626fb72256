import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import type { Json } from '../model/json.ts';
import { period } from '../model/period.ts';
import { Problem } from '../model/problem.ts';
import { retention } from '../model/retention.ts';
import { jsonb } from './database.ts';
import type { Handler } from './hub.ts';
import type { Tables } from './tables.ts';

/** By the name of an application. */
const byApplication = <Value extends z.ZodType<Json>>(value: Value) =>
  z.record(z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, 'is not the name of an application'), value);

/** Every setting there is, with its default and what it is for. */
const settings = {
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
} as const satisfies {
  readonly [name: string]: { readonly about: string; readonly schema: z.ZodType<Json>; readonly value: Json };
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

/** All of them, also those that stand at their defaults. */
const list: Handler<'setting list'> = async (_, { tx }) => {
  const { rows } = await sql<{ name: string; value: Json }>`select name, value from setting`.execute(tx);
  const found = new Map(rows.map(({ name, value }) => [name, value]));
  const items = Object.entries(settings).map(([name, { about, value }]) => ({
    ...{ name, about },
    value: found.get(name) ?? value,
    isDefault: !found.has(name),
  }));
  return { items, next: null, total: items.length };
};

const set: Handler<'setting set'> = async ({ params, body }, { tx }) => {
  const name = knownName(params.name);
  if (body.value === undefined || body.value === null) {
    await sql`delete from setting where name = ${name}`.execute(tx);
    return { name, about: settings[name].about, value: settings[name].value, isDefault: true };
  }
  const parsed = settings[name].schema.safeParse(body.value);
  if (!parsed.success)
    throw new Problem('invalid', `this is no value for ${name}`, {
      hint: `Its default is ${JSON.stringify(settings[name].value)}.`,
      fields: parsed.error.issues.map(({ message }) => ({ path: 'value', message })),
    });
  await sql`insert into setting (name, value) values (${name}, ${jsonb(parsed.data)}::jsonb)
            on conflict (name) do update set value = excluded.value`.execute(tx);
  return { name, about: settings[name].about, value: parsed.data, isDefault: false };
};

function knownName(name: string): SettingName {
  if (Object.hasOwn(settings, name)) return name as SettingName; // Just looked up.
  throw new Problem('not-found', 'there is no such setting', {
    hint: `There are: ${Object.keys(settings).join(', ')}.`,
  });
}

export const settingHandlers = { 'setting list': list, 'setting set': set };
