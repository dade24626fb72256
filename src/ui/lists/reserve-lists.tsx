import type { ReactNode } from 'react';
import type { Column } from '../list/columns.ts';
import type { Item } from '../list/endpoint-list.ts';
import { List } from '../list/list.tsx';
import { To } from '../parts/links.tsx';
import { New } from '../parts/new.tsx';
import { Pill } from '../parts/pill.tsx';
import { Time } from '../parts/time.tsx';
import { text as current, useText } from '../text/text.ts';
import { messageOf } from './queue-lists.tsx';

const reserves: readonly Column<Item<'reserve list'>>[] = [
  { id: 'name', title: ({ fields }) => fields.name, min: 140, show: ({ name }) => <To noun="reserve" name={name} /> },
  {
    id: 'usable',
    title: ({ reserve }) => reserve.usable,
    min: 80,
    grow: 0.5,
    show: ({ usable, full }) => <span className="number">{current().reserve.ofFull(usable, full)}</span>,
  },
  { id: 'perDay', title: ({ reserve }) => reserve.perDay, min: 80, grow: 0.5, show: ({ perDay }) => perDay },
  {
    id: 'dry',
    title: ({ reserve }) => reserve.dryAt,
    min: 110,
    show: ({ dryAt }) => (dryAt === null ? current().reserve.neverDry : <Time at={dryAt} />),
  },
  {
    id: 'template',
    title: ({ fields }) => fields.template,
    min: 150,
    show: ({ template }) => <To noun="site" name={template} />,
  },
  { id: 'window', title: ({ fields }) => fields.window, min: 160, show: ({ window }) => window },
  { id: 'problem', title: ({ fields }) => fields.problem, min: 140, show: ({ problem }) => messageOf(problem) },
];

export function ReserveList(): ReactNode {
  const text = useText();
  return (
    <List
      name="reserve list"
      title={text.nav.reserves}
      columns={reserves}
      keyOf={({ id }) => id}
      icon="reserve"
      none={text.reserve.none}
      next={<New noun="reserve" />}
    />
  );
}

const spares: readonly Column<Item<'reserve spares'>>[] = [
  {
    id: 'site',
    title: ({ fields }) => fields.site,
    min: 150,
    grow: 2,
    show: ({ site }) => <To noun="site" name={site} />,
  },
  {
    id: 'state',
    title: ({ fields }) => fields.state,
    min: 110,
    grow: 0.5,
    show: ({ state }) => <Pill status={state} />,
  },
  { id: 'wanted', title: ({ reserve }) => reserve.wanted, min: 140, grow: 2, show: ({ wanted }) => wanted },
  { id: 'since', title: ({ fields }) => fields.since, min: 100, show: ({ stateAt }) => <Time at={stateAt} /> },
  {
    id: 'created',
    title: ({ fields }) => fields.createdAt,
    min: 100,
    show: ({ createdAt }) => <Time at={createdAt} />,
  },
  { id: 'problem', title: ({ fields }) => fields.problem, min: 140, show: ({ problem }) => messageOf(problem) },
  {
    id: 'task',
    title: ({ fields }) => fields.task,
    min: 70,
    grow: 0.5,
    show: ({ task }) => task !== null && <To noun="task" name={task} />,
  },
];

export function SpareList({ reserve }: { reserve: string }): ReactNode {
  const text = useText();
  return (
    <List
      name="reserve spares"
      params={{ name: reserve }}
      title={text.tabs.spares}
      columns={spares}
      keyOf={({ id }) => id}
      icon="reserve"
      none={text.reserve.noSpares}
    />
  );
}
