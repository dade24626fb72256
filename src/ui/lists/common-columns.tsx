import { To } from '../parts/links.tsx';
import { Pill } from '../parts/pill.tsx';
import { Time } from '../parts/time.tsx';
import type { Text } from '../text/en.ts';

// Columns that mean the same in every list that has them.

export const named = (noun: string, grow = 2) => ({
  id: 'name',
  title: ({ fields }: Text) => fields.name,
  sort: 'name',
  min: 150,
  grow,
  show: ({ name, title }: { name: string; title: string }) => (
    <span className="two">
      <To noun={noun} name={name} />
      {title !== name && <span className="dim">{title}</span>}
    </span>
  ),
});

export const status = {
  id: 'status',
  title: ({ fields }: Text) => fields.status,
  sort: 'status',
  min: 96,
  grow: 0.5,
  show: (item: { status: string }) => <Pill status={item.status} />,
};

export const verified = {
  id: 'verified',
  title: ({ fields }: Text) => fields.verifiedAt,
  sort: 'verified',
  min: 110,
  show: ({ verifiedAt }: { verifiedAt: string | null }) => <Time at={verifiedAt} />,
};

export const drifted = {
  id: 'drifted',
  title: ({ fields }: Text) => fields.driftedSince,
  min: 110,
  isExtra: true,
  show: ({ driftedSince }: { driftedSince: string | null }) => driftedSince !== null && <Time at={driftedSince} />,
};

export const created = {
  id: 'created',
  title: ({ fields }: Text) => fields.createdAt,
  sort: 'created',
  min: 110,
  show: ({ createdAt }: { createdAt: string }) => <Time at={createdAt} />,
};

export const sites = {
  id: 'sites',
  title: ({ fields }: Text) => fields.sites,
  sort: 'sites',
  min: 60,
  grow: 0.4,
  show: (item: { sites: number }) => <span className="number">{item.sites}</span>,
};

export const email = {
  id: 'email',
  title: ({ fields }: Text) => fields.email,
  min: 140,
  show: (item: { email: string | null }) => item.email ?? '',
};

export const server = {
  id: 'server',
  title: ({ fields }: Text) => fields.server,
  min: 90,
  show: (item: { server: string }) => <To noun="server" name={item.server} />,
};
