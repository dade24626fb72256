import { copyTree } from '../../applications/tree.ts';
import { type Carry, sendTree } from '../../applications/tree-travel.ts';
import { pipeBetween } from '../../machine/pipe-between.ts';
import type { SiteContext } from '../context.ts';
import type { Moving, Way } from './moving.ts';
import { clearRelays, type Relayed, relayedBy, workingRelay } from './relaying.ts';

/** Whether both are one computer, be it under two names. */
export const isSameHost = ({ server: one }: Place, { server: other }: Place): boolean => one.host === other.host;
type Place = Pick<SiteContext, 'server'>;

/** What a way is chosen by. */
type Between = Pick<Moving, 'server' | 'machine' | 'linksFiles' | 'common' | 'report' | 'seen'> & {
  readonly dns: Pick<Moving['dns'], 'owner'>;
  readonly from: Pick<SiteContext, 'server' | 'machine'>;
};

/** The same for the whole of a task, as long as its worker lives. */
export async function wayOf(context: Between): Promise<Way> {
  const { seen } = context;
  seen.way ??= chooseWay(context);
  seen.way.catch(() => delete seen.way); // Who asks again, chooses again.
  return seen.way;
}

/** What a lost worker has left on its way, by whichever way that was. */
export const clearWays = clearRelays;

/** By what the two servers have in common: themselves, a share, a login from one to the other, or only us. */
async function chooseWay(context: Between): Promise<Way> {
  if (isSameHost(context, context.from)) return withinOneMachine(context);
  const { from, server } = context;
  const relayed = await workingRelay(context);
  const told = relayed?.told ?? 'through the worker: they have no share in common, and none may log in to the other';
  return betweenServers(context, `files go from ${from.server.name} to ${server.name} ${told}`, relayed);
}

function withinOneMachine({ machine, linksFiles: links }: Between): Way {
  return {
    told: null,
    files: (user, tree) => copyTree(machine, user, { ...tree, links }),
    dumpAt: machine,
    async pipe(dump, load) {
      await machine.pipe({ commands: [...dump, ...load] });
    },
  };
}

/**
 * A dump goes through the worker by every way: the site is closed meanwhile, and so the one side loads while the other still dumps.
 */
function betweenServers(context: Between, told: string, relayed: Relayed | null): Way {
  const { machine: target, from, seen, report } = context;
  const source = from.machine;
  return {
    told,
    async files(user, tree) {
      seen.sent ??= new Map();
      const begun = seen.sent;
      const who = user ?? '';
      const since = begun.get(who) ?? null;
      const send = (carry: Carry) => sendTree(user, { ...tree, source, target, since, carry });
      const isRelayed = relayed && !report.isDryRun;
      const sent = isRelayed ? await relayedBy(context, relayed, tree.to, send) : await send(pipeBetween);
      begun.set(who, sent.begun);
      return sent;
    },
    dumpAt: source,
    async pipe(dump, load) {
      await pipeBetween({ from: source, sends: dump }, { to: target, takes: load });
    },
  };
}
