import type { Change, Plan } from './change.ts';
import type { FarmFile } from './farm-file.ts';
import { type Found, type Noun, referred } from './found.ts';
import { type Planning, type PlanRules, planClient, planPlatform } from './plan-owners.ts';
import { planServer } from './plan-server.ts';
import { planSite } from './plan-site.ts';

/** What must be there before what: things are made in this order, and deleted in the other. */
export const order = ['client', 'server', 'platform', 'site'] as const satisfies readonly Noun[];

/** What is to be done so that all is as the file says. Changes nothing and asks nothing. */
export function plan(file: FarmFile, found: Found, rules: PlanRules): Plan {
  const { farm } = file;
  const complaints: string[] = unknown(file, found);
  const planning: Planning = { file, found, rules, complain: (text) => void complaints.push(text) };
  const changes: (Change | null)[] = [
    ...Object.entries(farm.clients).map(([name, wanted]) => planClient(planning, name, wanted)),
    ...clustersLast(farm.servers).map(([name, wanted]) => planServer(planning, name, wanted)),
    ...Object.entries(farm.platforms).map(([name, wanted]) => planPlatform(planning, name, wanted)),
    ...Object.entries(farm.sites).map(([name, wanted]) => planSite(planning, name, wanted)),
  ];
  const real = changes.filter((change) => change !== null);
  const deletes = real.filter(({ how }) => how === 'delete');
  if (deletes.length > 0 && !rules.delete)
    complaints.push(
      `${deletes.map(({ noun, name }) => `${noun} ${name}`).join(', ')} would be deleted: say --delete if that is meant`,
    );
  return { changes: real, complaints, same: changes.length - real.length };
}

/** One that publishes by others needs them first. */
const clustersLast = (servers: FarmFile['farm']['servers']) => {
  const all = Object.entries(servers);
  const isCluster = ([, { services }]: (typeof all)[number]): boolean =>
    Object.values(services).some(({ options }) => 'members' in options);
  return [...all.filter((one) => !isCluster(one)), ...all.filter(isCluster)];
};

/** What the file refers to and neither it nor the hub has. */
function unknown({ farm }: FarmFile, found: Found): string[] {
  const described = { client: farm.clients, server: farm.servers, platform: farm.platforms, site: farm.sites };
  return Object.entries(referred(farm)).flatMap(([one, names]) => {
    const noun = one as Noun; // The keys of what referred() answers.
    return [...new Set(names)].flatMap((name) => {
      const here: { readonly absent: boolean } | undefined = described[noun][name];
      if (here?.absent) return [`${noun} ${name} is called absent, and something refers to it`];
      return here || found[noun].has(name) ? [] : [`there is no ${noun} ${name}, neither in the file nor on the hub`];
    });
  });
}
