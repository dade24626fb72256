import { siteDirectory } from '../site-directory.ts';
import { draftOf, isInPlace, type Moving, type MovingStep } from './moving.ts';
import { makeRoom } from './room.ts';

/** Where the site's own directory waits while its copy is in its place. The id keeps two of one name apart. */
export const formerDirectory = ({ from }: Pick<Moving, 'from'>): string =>
  `${from.platform.root}/sites/.former-${from.site.id}`;

/** Whether the copy is in the place of the site's own directory already. */
export const isPlaced = async (context: Moving): Promise<boolean> =>
  isInPlace(context) && (await context.machine.stat(formerDirectory(context))) !== null;

/** Only while the site is closed: between the two moves there is none. */
export const takePlace: MovingStep = {
  name: 'take the place of its directory',
  async run(context) {
    const { machine } = context;
    const [own, draft, former] = [siteDirectory(context), siteDirectory(draftOf(context)), formerDirectory(context)];
    if (!(await machine.stat(former))) await machine.move(own, former);
    if (!(await machine.stat(own))) await machine.move(draft, own);
  },
  async undo(context) {
    const { machine } = context;
    const [own, draft, former] = [siteDirectory(context), siteDirectory(draftOf(context)), formerDirectory(context)];
    if (!(await machine.stat(former))) return;
    if (await machine.stat(own)) await machine.move(own, draft);
    await machine.move(former, own);
    await makeRoom(context);
  },
};
