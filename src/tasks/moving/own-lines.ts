import type { Moving, MovingStep } from './moving.ts';
import { isSameHost } from './way.ts';

/**
 * The operator's own lines for the web server also go where it looks for them under the new name. What the operator has put
 * there before is left alone, and so is what lies under the old one.
 */
export const copyOwnLines: MovingStep = {
  name: "copy the operator's own lines",
  async run(context) {
    const { machine, report } = context;
    const source = context.from.machine;
    const { from, to, draft, mark } = paths(context);
    if (isOne(context) || !to.startsWith('/') || !from.startsWith('/') || (await source.stat(from)) === null) return;
    if ((await machine.stat(to)) !== null) {
      if ((await machine.stat(`${to}/${mark}`)) === null) await report.note(`left the lines in ${to} as they are`);
      return;
    }
    const found = await source.find(from, { names: ['*.conf'], depthMax: 1 });
    const texts = await source.readMany(found.filter(({ kind }) => kind === 'file').map(({ path }) => path));
    await machine.makeDirectory(draft, { mode: '0700' });
    await machine.write(`${draft}/${mark}`, `Copied from ${from} by Aegir. You may remove this file.\n`, {
      mode: '0600',
    });
    for (const [path, text] of texts) await machine.write(`${draft}${path.slice(from.length)}`, text, { mode: '0600' });
    await machine.move(draft, to);
    await report.note(`copied the lines in ${from} to ${to}: look whether they speak of the old name`, 'warning');
  },
  async undo(context) {
    const { machine } = context;
    const { to, draft, mark } = paths(context);
    if (!to.startsWith('/') || isOne(context)) return;
    await machine.remove(draft);
    if ((await machine.stat(`${to}/${mark}`)) !== null) await machine.remove(to);
  },
};

/** Whether what the operator wrote for the one web server is understood by the other. */
export const goesWithIt = ({ services, from }: Moving): boolean => services.httpEngine === from.services.httpEngine;

/** Whether both names and servers lead to one directory. */
function isOne(context: Moving): boolean {
  const { from, to } = paths(context);
  return from === to && isSameHost(context, context.from);
}

/** The mark is this task's alone, as the name of the copy's database is: it tells what we have made from what was there. */
function paths({ from, http, site }: Moving) {
  const to = http.ownLines(site.name);
  const mark = `.copied-for-${site.database.name}`;
  return { from: from.http.ownLines(from.site.name), to, mark, draft: `${to.slice(0, to.lastIndexOf('/'))}/${mark}` };
}
