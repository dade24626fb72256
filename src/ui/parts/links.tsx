import { Button } from '@mantine/core';
import { createLink, Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

/** A button that leads somewhere. */
export const ButtonLink = createLink(Button<'a'>);

const pages: Readonly<Record<string, string>> = {
  site: '/sites/',
  platform: '/platforms/',
  server: '/servers/',
  client: '/clients/',
  account: '/accounts/',
  backup: '/backups/',
  task: '/tasks/',
  batch: '/batches/',
};

export const pageOf = (noun: string, name: string): string => `${pages[noun] ?? '/'}${encodeURIComponent(name)}`;

/** The name of a thing, which leads to its page. */
export const To = ({ noun, name, children }: { noun: string; name: string; children?: ReactNode }): ReactNode =>
  noun in pages ? <Link to={pageOf(noun, name)}>{children ?? name}</Link> : (children ?? name);
