import type { PlatformSource } from '../../src/model/platform-source.ts';
import { codeToFetch } from '../../src/simulation/build.ts';
import { simulatedWordpress } from '../../src/simulation/code.ts';
import { platformDelete } from '../../src/tasks/platform-delete.ts';
import { platformVerify } from '../../src/tasks/platform-verify.ts';
import { serverVerify } from '../../src/tasks/server-verify.ts';
import { type FarmParts, platformRootOfFarm } from './farm.ts';
import { played, type Scene } from './played.ts';
import { freshTruth, type Truth } from './truth.ts';

/** Its code is not there yet. */
const before =
  (source: PlatformSource) =>
  async (parts: FarmParts): Promise<Truth> => {
    const { world, application } = parts;
    world.remove(platformRootOfFarm);
    world.put(codeToFetch, application.name);
    if (source.type === 'debian') simulatedWordpress(world, `/usr/share/${source.package}`);
    world.put('/srv/archive.tar.gz', 'a simulated archive');
    return played(parts, { ...freshTruth(), source, siteIsThere: false }, [serverVerify]);
  };

const verified = { type: platformVerify, subject: '1', args: {} } as const;

const builds = (what: string, source: PlatformSource, only: readonly string[]): Scene => ({
  ...{ ...verified, title: `platform verify that builds ${what}`, only, prepare: before(source) },
});

const [oneDrupal, oneWordpress] = ['nginx, mysql, Drupal', 'apache, mysql, WordPress'] as const;

const composer = { type: 'composer', package: 'drupal/recommended-project', version: '^10' } as const;
const git = { type: 'git', repository: 'https://example.com/code.git', ref: 'main', composer: true } as const;

/** Engines have no part in it, so one farm of each application is enough. */
export const buildingScenes: readonly Scene[] = [
  builds('an archive by address', { type: 'archive', location: 'https://example.com/code.tar.gz' }, [
    oneDrupal,
    oneWordpress,
  ]),
  builds('an archive on the server', { type: 'archive', location: '/srv/archive.tar.gz', sha256: '0'.repeat(64) }, [
    oneWordpress,
  ]),
  builds('a git repository', git, [oneWordpress]),
  builds('a project by Composer', composer, [oneDrupal]),
  builds('a package of Debian', { type: 'debian', package: 'wordpress' }, [oneWordpress]),
  builds('a Drush make file', { type: 'makefile', makefile: 'https://example.com/d7.make' }, [oneDrupal]),
  {
    ...{ ...verified, title: 'platform verify of a source whose directory is there', heals: true },
    only: [oneDrupal],
    prepare: (parts) => played(parts, { ...freshTruth(), source: git, siteIsThere: false }, [serverVerify]),
  },
  {
    ...{ title: 'platform delete with its code', type: platformDelete, subject: '1', args: { removeCode: true } },
    prepare: async (parts) => played(parts, await before(composer)(parts), [platformVerify]),
  },
];
