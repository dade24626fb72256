import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { asks } from '../hub.ts';
import type { Item } from '../list/endpoint-list.ts';
import type { IconName } from '../parts/icon.tsx';
import { pageOf } from '../parts/links.tsx';
import { may } from '../parts/may.ts';
import type { Possible } from '../task/task-button.tsx';
import { titleOf } from '../task/title.ts';
import type { Text } from '../text/en.ts';
import { useText } from '../text/text.ts';
import { usePlaces } from './places.ts';

/** A task that is asked for of a site. */
export interface Act {
  readonly site: string;
  readonly task: Possible;
}

/** Something that can be chosen: it leads to a page, or asks for a task. */
export interface Find {
  readonly group: keyof Text['palette']['groups'];
  readonly title: string;
  readonly about?: string | undefined;
  readonly icon: IconName;
  readonly to?: string;
  readonly act?: Act;
  /** Not possible now, and why. */
  readonly reason?: string | undefined;
}

const [sitesMax, othersMax, pagesMax, patienceMs] = [6, 4, 6, 150];
/** Offered of the first site that is found, when no verb was typed. */
const usual = ['site login', 'site backup'];
const forEver = { staleTime: Number.POSITIVE_INFINITY };

/** What is meant by what was typed; `isBusy` while the hub is still asked. */
export function useFinds(typed: string): { readonly finds: readonly Find[]; readonly isBusy: boolean } {
  const text = useText();
  const places = usePlaces();
  const types = useQuery({ ...asks('task-type list', {}), ...forEver });
  const { verb, rest } = meaning(typed, types.data?.items ?? [], text);
  const [q] = useDebouncedValue(rest, patienceMs);
  const isAsked = q !== '';
  const keep = { placeholderData: <Before>(before: Before) => before, retry: false };
  const sites = useQuery({
    ...asks('site list', { query: { q, limit: sitesMax } }),
    enabled: isAsked && may('site list'),
    ...keep,
  });
  const others = { query: { q, limit: othersMax } };
  const isNoun = isAsked && verb === null;
  const platforms = useQuery({ ...asks('platform list', others), enabled: isNoun && may('platform list'), ...keep });
  const servers = useQuery({ ...asks('server list', others), enabled: isNoun && may('server list'), ...keep });
  const clients = useQuery({ ...asks('client list', others), enabled: isNoun && may('client list'), ...keep });
  // Of before, while nothing is asked: it is not what is meant.
  const found = isAsked && rest !== '' ? (sites.data?.items ?? []) : [];
  const isBusy = rest !== q || (isAsked && sites.isFetching);
  if (verb !== null) return { finds: found.flatMap((site) => actsOf(site, [verb], text)), isBusy };
  const named = (group: 'platforms' | 'servers' | 'clients', icon: 'platform' | 'server' | 'client', of: Named) =>
    (isNoun && rest !== '' ? (of.data?.items ?? []) : []).map(
      ({ name, title }): Find => ({ group, icon, title: name, about: differing(title, name), to: pageOf(icon, name) }),
    );
  const first = found[0];
  return {
    isBusy,
    finds: [
      ...taskOf(typed, text),
      ...found.map(
        ({ name, title }): Find => ({
          ...{ group: 'sites', icon: 'site', title: name },
          ...{ about: differing(title, name), to: pageOf('site', name) },
        }),
      ),
      ...(first ? actsOf(first, usual, text) : []),
      ...named('platforms', 'platform', platforms),
      ...named('servers', 'server', servers),
      ...named('clients', 'client', clients),
      ...pagesOf(typed, text, places),
    ],
  };
}

interface Named {
  readonly data?: { readonly items: readonly { readonly name: string; readonly title: string }[] } | undefined;
}
const differing = (title: string, name: string): string | undefined => (title === name ? undefined : title);

interface Verb {
  readonly name: string;
  readonly noun: string;
  readonly verb: string;
  readonly title: string;
}

/** 'backup example.org' and 'back up example.org' are a task and a site; anything else is looked for as it is. */
function meaning(typed: string, types: readonly Verb[], text: Text): { verb: string | null; rest: string } {
  const given = typed.trim();
  for (const type of types.filter(({ noun }) => noun === 'site'))
    for (const word of [type.verb, titleOf(type, text.tasks)])
      if (given.toLowerCase().startsWith(`${word.toLowerCase()} `))
        return { verb: type.name, rest: given.slice(word.length + 1).trim() };
  return { verb: null, rest: given };
}

const actsOf = (
  { name, tasks }: Pick<Item<'site list'>, 'name' | 'tasks'>,
  wanted: readonly string[],
  text: Text,
): Find[] =>
  wanted.flatMap((one) => {
    const task = tasks.find((possible) => possible.name === one);
    if (!task) return [];
    const reason = task.possible ? undefined : task.reason;
    const title = `${titleOf(task, text.tasks)}: ${name}`;
    return [
      { group: 'actions', icon: one === 'site login' ? 'key' : 'task', title, reason, act: { site: name, task } },
    ];
  });

/** 'task 812', or only its number. */
function taskOf(typed: string, text: Text): Find[] {
  const [, id] = /^(?:\p{L}+ )?#?([1-9]\d{0,15})$/u.exec(typed.trim()) ?? [];
  return id === undefined ? [] : [{ group: 'tasks', icon: 'task', title: text.task.title(id), to: pageOf('task', id) }];
}

function pagesOf(typed: string, text: Text, places: ReturnType<typeof usePlaces>): Find[] {
  const wanted = typed.trim().toLowerCase();
  const make = (noun: 'site' | 'platform' | 'server' | 'client' | 'account' | 'role'): Find => ({
    ...{ group: 'actions', icon: 'plus', title: text[noun].create, to: `/${noun}s/new` },
  });
  const all: Find[] = [
    ...(['site', 'platform', 'server', 'client', 'account', 'role'] as const)
      .filter((noun) => may(`${noun} create`))
      .map(make),
    ...places
      .filter((place) => place !== null)
      .map(([to, name, icon]): Find => ({ group: 'pages', icon, title: text.nav[name], to })),
  ];
  return all
    .filter(({ title }) => title.toLowerCase().includes(wanted))
    .slice(0, wanted === '' ? all.length : pagesMax);
}
