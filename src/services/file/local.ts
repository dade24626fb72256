import { z } from 'zod';
import { Problem } from '../../model/problem.ts';
import { engine } from '../engine.ts';
import { DirectoryShelf } from './directory-shelf.ts';
import { FilesOnShelf } from './files-on-shelf.ts';
import { directory } from './options.ts';

const options = z.object({
  directory: directory.optional().describe("Where they are kept; files/ below the server's root unless given"),
});

export const local = engine({
  type: 'file',
  name: 'local',
  title: 'A directory of its own server',
  options,
  open({ machine, paths, offeredBy }, { directory: at = `${paths.root}/files` }) {
    if (offeredBy !== undefined)
      throw new Problem(
        'invalid',
        `the files of ${offeredBy} are in a directory of its own, which ${machine.name} does not have`,
        { hint: `Choose another engine for the file service of ${offeredBy}: rsync, scp, sftp or mount.` },
      );
    return new FilesOnShelf({ machine, paths }, new DirectoryShelf({ machine, paths }, at));
  },
});
