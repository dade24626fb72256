import type { ReactNode } from 'react';
import { BackupList } from '../lists/backup-list.tsx';
import { RoleList } from '../lists/role-list.tsx';
import { AccountList, ClientList, PlatformList, ServerList } from '../lists/simple-lists.tsx';
import { SiteList } from '../lists/site-list.tsx';
import { TaskList } from '../lists/task-list.tsx';
import { ButtonLink } from '../parts/links.tsx';
import { Page } from '../parts/page.tsx';
import { useText } from '../text/text.ts';

export function Sites(): ReactNode {
  const text = useText();
  return (
    <Page title={text.nav.sites} actions={<ButtonLink to="/sites/new">{text.site.create}</ButtonLink>}>
      <SiteList />
    </Page>
  );
}

export function Platforms(): ReactNode {
  const text = useText();
  return (
    <Page title={text.nav.platforms} actions={<ButtonLink to="/platforms/new">{text.platform.create}</ButtonLink>}>
      <PlatformList />
    </Page>
  );
}

export function Servers(): ReactNode {
  const text = useText();
  return (
    <Page title={text.nav.servers} actions={<ButtonLink to="/servers/new">{text.server.create}</ButtonLink>}>
      <ServerList />
    </Page>
  );
}

export function Clients(): ReactNode {
  const text = useText();
  return (
    <Page title={text.nav.clients} actions={<ButtonLink to="/clients/new">{text.client.create}</ButtonLink>}>
      <ClientList />
    </Page>
  );
}

export function Accounts(): ReactNode {
  const text = useText();
  return (
    <Page title={text.nav.accounts} actions={<ButtonLink to="/accounts/new">{text.account.create}</ButtonLink>}>
      <AccountList />
    </Page>
  );
}

export function Roles(): ReactNode {
  const text = useText();
  return (
    <Page title={text.nav.roles} actions={<ButtonLink to="/roles/new">{text.role.create}</ButtonLink>}>
      <RoleList />
    </Page>
  );
}

export const Tasks = (): ReactNode => (
  <Page title={useText().nav.tasks}>
    <TaskList />
  </Page>
);

export const Backups = (): ReactNode => (
  <Page title={useText().nav.backups}>
    <BackupList />
  </Page>
);
