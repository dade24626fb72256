import { z } from 'zod';
import type { Json } from '../../model/json.ts';

/** What the files of a package say. Regular expressions and no parser: a scan reads thousands of files, and these keys are simple everywhere. */

const infoShape = z.object({
  type: z.string().nullable(),
  title: z.string(),
  version: z.string().nullable(),
  core: z.string().nullable(),
  php: z.string().nullable(),
  hidden: z.boolean(),
  project: z.string().nullable(),
  dependencies: z.array(z.string()),
});
export type Info = z.infer<typeof infoShape>;

export function readInfo(found: unknown): Info | null {
  const parsed = infoShape.safeParse(found);
  return parsed.success ? parsed.data : null;
}

export function infoYml(name: string, text: string): Info {
  const values = new Map<string, string>();
  const lines = text.matchAll(/^(\w[\w ]*):[ \t]*(?:'([^'\n]*)'|"([^"\n]*)"|([^#\n]*?))[ \t]*(?:#.*)?\r?$/gm);
  for (const [, key = '', single, double, bare] of lines)
    if (!values.has(key)) values.set(key, single ?? double ?? bare?.trim() ?? '');
  const value = (key: string): string | null => values.get(key) || null;
  const base = value('base theme');
  return {
    type: value('type'),
    title: value('name') ?? name,
    version: value('version'),
    core: value('core_version_requirement') ?? value('core'),
    php: value('php'),
    hidden: value('hidden') === 'true',
    project: value('project'),
    dependencies: needed([...listYml(text), ...(base === null || base === 'false' ? [] : [base])]),
  };
}

/** `dependencies:` as a block or in brackets. */
function listYml(text: string): readonly string[] {
  const [before, after] = text.split(/^dependencies:/m, 2);
  if (before === undefined || after === undefined) return [];
  const [first = '', ...lines] = after.split(/\r?\n/);
  const bracketed = /^\s*\[([^\]]*)\]/.exec(after)?.[1];
  if (bracketed !== undefined) return bracketed.split(',');
  if (!/^\s*(#|$)/.test(first)) return [];
  const end = lines.findIndex((line) => !/^\s*(-|#|$)/.test(line));
  return lines.slice(0, end < 0 ? lines.length : end).flatMap((line) => /^\s*-(.*)/.exec(line)?.[1] ?? []);
}

/** 'project:module (>=1.2)' → 'module'. */
function needed(given: readonly string[]): string[] {
  const names = given.map((one) => /^\s*['"]?(?:[\w-]+:)?(\w+)/.exec(one)?.[1] ?? '');
  return [...new Set(names)].filter((name) => name !== '');
}

export function infoSeven(name: string, text: string): Info {
  const values = new Map<string, string>();
  for (const [, key = '', one = ''] of text.matchAll(/^\s*(\w[\w ]*?)\s*=\s*["']?([^"'\n\r]*?)["']?\s*$/gm))
    if (!values.has(key.toLowerCase())) values.set(key.toLowerCase(), one);
  const value = (key: string): string | null => values.get(key) || null;
  const base = value('base theme');
  const dependencies = [...text.matchAll(/^\s*dependencies\s*\[\s*\]\s*=\s*(.*)$/gim)].map(([, one = '']) => one);
  return {
    type: null,
    title: value('name') ?? name,
    version: value('version'),
    core: value('core'),
    php: value('php'),
    hidden: /^(true|1|yes|on)$/i.test(value('hidden') ?? ''),
    project: value('project'),
    dependencies: needed([...dependencies, ...(base === null ? [] : [base])]),
  };
}

const updatesShape = z.object({ newest: z.number().nullable(), lastRemoved: z.number().nullable() });

export function readUpdates(found: unknown): z.infer<typeof updatesShape> {
  const parsed = updatesShape.safeParse(found);
  return parsed.success ? parsed.data : { newest: null, lastRemoved: null };
}

/** The highest number of `name_update_N`, and what `name_update_last_removed` returns. */
export function updatesIn(name: string, text: string): Json {
  let newest: number | null = null;
  let lastRemoved: number | null = null;
  for (const { 0: head, 1: update, index } of text.matchAll(
    /^\s*function\s+(\w+_update_(?:\d+|last_removed))\s*\(/gm,
  )) {
    if (!update?.startsWith(`${name}_update_`)) continue;
    const which = update.slice(`${name}_update_`.length);
    if (/^\d+$/.test(which)) newest = Math.max(newest ?? 0, Number(which));
    if (which === 'last_removed') lastRemoved = returned(text.slice(index + head.length, index + head.length + 2_000));
  }
  return { newest, lastRemoved };
}

function returned(body: string): number | null {
  const number = /^[^{]*\{[^}]*?\breturn\s+'?(\d[\d_]*)/.exec(body)?.[1];
  return number === undefined ? null : Number(number.replaceAll('_', ''));
}

/** Versions by machine name, of packages that Composer put there from git, whose info files say none. */
export function composerVersions(text: string): Json {
  const one = z.object({ name: z.string(), version: z.string() });
  const list = z.object({ packages: z.array(one), 'packages-dev': z.array(one).default([]) });
  // Composer 1 wrote a bare list.
  const parsed = list
    .or(z.array(one).transform((packages) => ({ packages, 'packages-dev': [] })))
    .safeParse(json(text));
  if (!parsed.success) return null;
  const { packages, 'packages-dev': more } = parsed.data;
  return Object.fromEntries(
    [...more, ...packages].flatMap(({ name, version }) =>
      name.startsWith('drupal/') ? [[name.slice('drupal/'.length), version]] : [],
    ),
  );
}

const versionsShape = z.record(z.string(), z.string().nullable()).transform((all) => {
  const known: Record<string, string> = {};
  for (const [name, version] of Object.entries(all)) if (version !== null) known[name] = version;
  return known;
});

/** What `composerVersions` or a core's version file said. */
export function versionsOf(found: unknown): Readonly<Record<string, string>> {
  const parsed = versionsShape.safeParse(found);
  return parsed.success ? parsed.data : {};
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // An odd file names no versions; the scan goes on without it.
  }
}
