import { Button, type ButtonProps } from '@mantine/core';
import { createLink, Link } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, ReactNode, RefAttributes } from 'react';

type AnchorProps = ButtonProps &
  Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof ButtonProps> &
  RefAttributes<HTMLAnchorElement>;
const Anchor = (props: AnchorProps): ReactNode => <Button component="a" {...props} />;

/** A link that looks like a button. */
export const ButtonLink = createLink(Anchor);

const pages: Readonly<Record<string, string>> = {
  site: '/sites/',
  platform: '/platforms/',
  server: '/servers/',
  client: '/clients/',
  account: '/accounts/',
  backup: '/backups/',
  task: '/tasks/',
  batch: '/batches/',
  role: '/roles/',
};

export const pageOf = (noun: string, name: string): string => `${pages[noun] ?? '/'}${encodeURIComponent(name)}`;

/** The name of a thing, which leads to its page. */
export const To = ({ noun, name, children }: { noun: string; name: string; children?: ReactNode }): ReactNode =>
  noun in pages ? <Link to={pageOf(noun, name)}>{children ?? name}</Link> : (children ?? name);
