import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import type { Answer } from '../api/endpoints.ts';
import type { Json } from '../model/json.ts';
import { Problem } from '../model/problem.ts';
import { jsonb } from './database.ts';
import type { Handler } from './hub.ts';
import { contains, listPage } from './list.ts';
import type { Tables } from './tables.ts';

/** Every setting there is, with its default. */
const settings = {
  'site.run-user': {
    schema: z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'is not the name of a user'),
    value: 'www-data',
  },
  'site.fpm-socket': {
    schema: z.string().regex(/^\/[A-Za-z0-9._/-]{1,106}$/, 'is not the path of a socket'),
    value: '/run/php/php-fpm.sock',
  },
} as const satisfies { readonly [name: string]: { readonly schema: z.ZodType; readonly value: Json } };
type SettingName = keyof typeof settings;

/** As it is set, or its default. */
export async function settingValue(db: Kysely<Tables>, name: SettingName): Promise<string> {
  const { schema, value } = settings[name];
  const { rows } = await sql<{ value: Json }>`select value from setting where name = ${name}`.execute(db);
  return rows[0] ? schema.parse(rows[0].value) : value;
}

const list: Handler<'setting list'> = async ({ query }, { tx }) => {
  const { items, ...page } = await listPage<Answer<'setting list'>['items'][number]>(
    tx,
    {
      columns: sql`setting.name, setting.value`,
      from: sql`setting`,
      where: [contains(['setting.name'], query.q)],
      keys: [{ column: 'setting.name', type: 'text' }],
    },
    query,
  );
  return { ...page, items: [...items] };
};

const set: Handler<'setting set'> = async ({ params, body }, { tx }) => {
  const name = knownName(params.name);
  if (body.value === undefined || body.value === null) {
    await sql`delete from setting where name = ${name}`.execute(tx);
    return { name, value: settings[name].value };
  }
  const parsed = settings[name].schema.safeParse(body.value);
  if (!parsed.success)
    throw new Problem('invalid', `this is no value for ${name}`, {
      hint: `Its default is ${JSON.stringify(settings[name].value)}.`,
      fields: parsed.error.issues.map(({ message }) => ({ path: 'value', message })),
    });
  await sql`insert into setting (name, value) values (${name}, ${jsonb(parsed.data)}::jsonb)
            on conflict (name) do update set value = excluded.value`.execute(tx);
  return { name, value: parsed.data };
};

function knownName(name: string): SettingName {
  if (Object.hasOwn(settings, name)) return name as SettingName; // Just looked up.
  throw new Problem('not-found', 'there is no such setting', {
    hint: `There are: ${Object.keys(settings).join(', ')}.`,
  });
}

export const settingHandlers = { 'setting list': list, 'setting set': set };
