import type { ReactNode } from 'react';
import type { Column } from '../list/columns.ts';
import type { Item } from '../list/endpoint-list.ts';
import { List } from '../list/list.tsx';
import { To } from '../parts/links.tsx';
import { Pill } from '../parts/pill.tsx';
import { Time } from '../parts/time.tsx';
import { text as current, useText } from '../text/text.ts';

const offers: readonly Column<Item<'offer list'>>[] = [
  {
    id: 'name',
    title: ({ fields }) => fields.offer,
    min: 150,
    grow: 2,
    show: ({ name, title }) => (
      <span className="two">
        <To noun="offer" name={name} />
        {title !== name && <span className="dim">{title}</span>}
      </span>
    ),
  },
  {
    id: 'status',
    title: ({ fields }) => fields.status,
    min: 90,
    grow: 0.5,
    show: ({ status }) => <Pill status={status} />,
  },
  { id: 'pattern', title: ({ fields }) => fields.pattern, min: 160, grow: 2, show: ({ pattern }) => pattern },
  {
    id: 'reserve',
    title: ({ fields }) => fields.reserve,
    min: 100,
    show: ({ reserve }) => <To noun="reserve" name={reserve} />,
  },
  {
    id: 'client',
    title: ({ fields }) => fields.client,
    min: 110,
    show: ({ client }) => (client === null ? current().offer.newClient : <To noun="client" name={client} />),
  },
  {
    id: 'orders',
    title: ({ tabs }) => tabs.orders,
    min: 80,
    grow: 0.5,
    show: ({ orders }) => <span className="number">{orders.all.toLocaleString()}</span>,
  },
];

export function OfferList(): ReactNode {
  const text = useText();
  return (
    <List
      name="offer list"
      title={text.nav.offers}
      columns={offers}
      keyOf={({ id }) => id}
      icon="offer"
      none={text.offer.noOffers}
    />
  );
}

const orders: readonly Column<Item<'order list'>>[] = [
  {
    id: 'site',
    title: ({ fields }) => fields.site,
    min: 170,
    grow: 2,
    show: ({ site, url, title }) => (
      <span className="two">
        {site === null ? (
          hostOf(url)
        ) : (
          <To noun="site" name={site.name}>
            {hostOf(url)}
          </To>
        )}
        {title !== hostOf(url) && <span className="dim">{title}</span>}
      </span>
    ),
  },
  {
    id: 'status',
    title: ({ fields }) => fields.status,
    min: 136,
    grow: 0.5,
    show: ({ status }) => <Pill status={status} />,
  },
  { id: 'customer', title: ({ fields }) => fields.customer, min: 150, grow: 2, show: ({ email }) => email },
  {
    id: 'created',
    title: ({ fields }) => fields.createdAt,
    min: 100,
    show: ({ createdAt }) => <Time at={createdAt} />,
  },
  {
    id: 'client',
    title: ({ fields }) => fields.client,
    min: 90,
    show: ({ client }) => client !== null && <To noun="client" name={client} />,
  },
  {
    id: 'task',
    title: ({ fields }) => fields.task,
    min: 70,
    grow: 0.5,
    show: ({ task }) => task !== null && <To noun="task" name={task.id} />,
  },
];

const hostOf = (url: string): string => url.replace(/^https?:\/\//, '');

export function OrderList({ offer }: { offer: string }): ReactNode {
  const text = useText();
  return (
    <List
      name="order list"
      fixed={{ offer }}
      title={text.tabs.orders}
      columns={orders}
      keyOf={({ id }) => id}
      icon="offer"
      none={text.offer.none}
    />
  );
}
