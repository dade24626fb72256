import { Button, type ButtonProps } from '@mantine/core';
import { createLink, Link } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, ReactNode, RefAttributes } from 'react';
import { Icon, type IconName } from './icon.tsx';
import { may } from './may.ts';

type AnchorProps = ButtonProps &
  Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof ButtonProps> &
  RefAttributes<HTMLAnchorElement>;
const Anchor = (props: AnchorProps): ReactNode => <Button component="a" {...props} />;

/** A link that looks like a button. */
export const ButtonLink = createLink(Anchor);

/** Leads out of the panel, in a window of its own that knows nothing of this one. */
export const NewWindow = ({ icon = 'open', ...props }: AnchorProps & { href: string; icon?: IconName }): ReactNode => (
  <Anchor target="_blank" rel="noopener noreferrer" leftSection={<Icon name={icon} size={14} />} {...props} />
);

const pages = {
  site: '/sites/',
  platform: '/platforms/',
  server: '/servers/',
  client: '/clients/',
  account: '/accounts/',
  backup: '/backups/',
  task: '/tasks/',
  batch: '/batches/',
  role: '/roles/',
  queue: '/queues/',
  reserve: '/reserves/',
  offer: '/offers/',
  certificate: '/certificates/',
} as const;
const isPaged = (noun: string): noun is keyof typeof pages => noun in pages;

export const pageOf = (noun: string, name: string): string =>
  `${isPaged(noun) ? pages[noun] : '/'}${encodeURIComponent(name)}`;

/** The name of a thing, which leads to its page where this person may see that. */
export const To = ({ noun, name, children }: { noun: string; name: string; children?: ReactNode }): ReactNode =>
  isPaged(noun) && may(`${noun} get`) ? <Link to={pageOf(noun, name)}>{children ?? name}</Link> : (children ?? name);
