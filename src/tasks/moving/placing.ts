import { siteDirectory } from '../site-directory.ts';
import { draftOf, type Moving, type MovingStep } from './moving.ts';
import { makeRoom } from './room.ts';

/** Where the site's own directory waits while its copy is in its place. The id keeps two of one name apart. */
export const formerDirectory = ({ from }: Pick<Moving, 'from'>): string =>
  `${from.platform.root}/sites/.former-${from.site.id}`;

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
