import type { Hands } from '../../src/machine/hands.ts';
import { MemoryMachine } from '../../src/machine/memory.ts';
import type { MemoryWorld } from '../../src/machine/memory-world.ts';
import { bind } from '../../src/services/dns/bind.ts';
import type { Engine } from '../../src/services/engine.ts';
import { engines } from '../../src/services/engines.ts';
import { apache } from '../../src/simulation/apache.ts';
import { simulatedDrupal, simulatedWordpress } from '../../src/simulation/code.ts';
import { nginx } from '../../src/simulation/nginx.ts';
import { php } from '../../src/simulation/php.ts';
import { offerTables, tablesAt } from '../../src/simulation/tables.ts';
import { simulatedWorld } from '../../src/simulation/world.ts';
import { type FarmParts, thirdRootOfFarm } from './farm.ts';
import { farm } from './scenes.ts';

/** The farm's second server is a machine of its own, which asks the first one's database server as if it were its own. */
function twoServers(
  http: string,
  db: string,
  application: 'drupal' | 'wordpress',
  dns: Engine | null,
): () => FarmParts {
  const first = farm(http, db, application, dns);
  return () => {
    const parts = first();
    const { world, second } = parts;
    const otherWorld = simulatedWorld([nginx, apache, php]);
    for (const path of ['/var/second', '/var/second/platforms', '/var/second/config'])
      otherWorld.directory(path, { owner: 'aegir', group: 'aegir' });
    otherWorld.directory('/var/second/backups', { owner: 'aegir', group: 'aegir', mode: '0700' });
    if (application === 'drupal') simulatedDrupal(otherWorld, thirdRootOfFarm);
    else simulatedWordpress(otherWorld, thirdRootOfFarm);
    world.remove('/var/second');
    share(world, otherWorld);
    const web = engines.find(({ type, name }) => type === 'http' && name === http) ?? parts.http;
    const open = (hands: Hands) => new MemoryMachine(hands, otherWorld);
    const apart = { http: web, root: '/var/second', platformRoot: thirdRootOfFarm, open };
    return { ...parts, otherWorld, second: second && apart };
  };
}

function share(world: MemoryWorld, otherWorld: MemoryWorld): void {
  for (const name of ['mariadb', 'mariadb-dump', 'sed']) {
    const program = world.programs.get(name);
    if (program) otherWorld.programs.set(name, program);
  }
  offerTables(otherWorld, 'mysql', (name) => tablesAt(world, 'mysql', name));
  world.states.set('second server', () => otherWorld.snapshot());
  world.keepers.push(() => otherWorld.moment());
}

/** Only scenes that name them are played there. */
export const twoServerFarms: Readonly<Record<string, () => FarmParts>> = {
  'two servers, nginx, mysql, WordPress': twoServers('nginx', 'mysql', 'wordpress', bind),
  'two servers, apache, sqlite, Drupal': twoServers('apache', 'sqlite', 'drupal', null),
};
