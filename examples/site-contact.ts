import { z } from 'zod';
import { phpString } from '../src/applications/php-text.ts';
import { putDirectory, putFile } from '../src/machine/put.ts';
import type { Json } from '../src/model/json.ts';
import { apacheText, nginxText } from '../src/services/http/quoted.ts';
import type { Extension, LinesFor } from '../src/tasks/catalog.ts';
import type { SiteContext } from '../src/tasks/context.ts';
import type { Step } from '../src/tasks/task-type.ts';

/**
 * Example 3: extra data on sites.
 *
 * Whom to ask about a site is kept with it (`data: { contact: "Ann, 555-0100" }`), stands in its settings, is sent as a
 * header with every page, and lies on a card on the server, which comes and goes with the site.
 */
const contactSchema = z.string().regex(/^[A-Za-z0-9 .,@+()/-]{1,100}$/, 'holds more than letters, digits and .,@+()/-');

const contactOf = (data: { readonly [plugin: string]: Json }): string | null =>
  data['contact'] === undefined ? null : contactSchema.parse(data['contact']);

/**
 * Lines are code or configuration: whatever comes from a person goes through the functions that quote it (phpString,
 * nginxText, apacheText), even where the schema has let only harmless characters in.
 */
const lines =
  (line: (contact: string, site: LinesFor) => string) =>
  (site: LinesFor): readonly string[] => {
    const contact = contactOf(site.site.data);
    return contact === null ? [] : [line(contact, site)];
  };

const cardPath = ({ paths, site }: SiteContext): string => `${paths.config}/contacts/${site.name}.txt`;

async function putCard(context: SiteContext): Promise<void> {
  const { machine, paths, site, report } = context;
  const contact = contactOf(site.data);
  if (contact === null) return machine.remove(cardPath(context));
  await report.changed(await putDirectory(machine, `${paths.config}/contacts`, { mode: '0755' }));
  await report.changed(await putFile(machine, cardPath(context), `${site.name}: ${contact}\n`, { mode: '0644' }));
}

type ContactStep = Step<SiteContext, Record<string, never>>;

/** When a later step of the installation fails, the card is taken away again like all that came before. */
const layCard: ContactStep = {
  name: 'lay contact card',
  run: putCard,
  undo: (context) => context.machine.remove(cardPath(context)),
};

const renewCard: ContactStep = {
  name: 'renew contact card',
  run: putCard,
  undo: 'nothing', // `site verify` heals: what it has put right stays right.
};

const removeCard: ContactStep = {
  name: 'remove contact card',
  run: (context) => context.machine.remove(cardPath(context)),
  undo: putCard,
};

export const siteContact: Extension = {
  data: [{ noun: 'site', name: 'contact', schema: contactSchema }],
  settingsLines: [
    {
      application: 'drupal',
      lines: lines((contact, { platform }) =>
        platform.version?.startsWith('7.')
          ? `$conf['contact'] = ${phpString(contact)};`
          : `$settings['contact'] = ${phpString(contact)};`,
      ),
    },
    { application: 'wordpress', lines: lines((contact) => `define('CONTACT', ${phpString(contact)});`) },
  ],
  vhostLines: [
    { engine: 'nginx', lines: lines((contact) => nginxText`add_header X-Contact ${contact} always;`.text) },
    { engine: 'apache', lines: lines((contact) => apacheText`Header always set X-Contact ${contact}`.text) },
  ],
  steps: [
    { task: 'site install', place: 'after', step: 'publish', steps: [layCard] },
    { task: 'site verify', place: 'after', step: 'publish', steps: [renewCard] },
    // Before what cannot be undone, so that it can be put back itself.
    { task: 'site delete', place: 'before', step: 'drop database', steps: [removeCard] },
  ],
};
