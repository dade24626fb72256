import type { ReactNode } from 'react';
import { BackupList } from '../lists/backup-list.tsx';
import { RoleList } from '../lists/role-list.tsx';
import { AccountList, ClientList, PlatformList, ServerList } from '../lists/simple-lists.tsx';
import { SiteList } from '../lists/site-list.tsx';
import { TaskList } from '../lists/task-list.tsx';
import { New } from '../parts/new.tsx';
import { Page } from '../parts/page.tsx';
import { useText } from '../text/text.ts';

export function Sites(): ReactNode {
  const text = useText();
  return (
    <Page title={text.nav.sites} actions={<New noun="site" />}>
      <SiteList />
    </Page>
  );
}

export function Platforms(): ReactNode {
  const text = useText();
  return (
    <Page title={text.nav.platforms} actions={<New noun="platform" />}>
      <PlatformList />
    </Page>
  );
}

export function Servers(): ReactNode {
  const text = useText();
  return (
    <Page title={text.nav.servers} actions={<New noun="server" />}>
      <ServerList />
    </Page>
  );
}

export function Clients(): ReactNode {
  const text = useText();
  return (
    <Page title={text.nav.clients} actions={<New noun="client" />}>
      <ClientList />
    </Page>
  );
}

export function Accounts(): ReactNode {
  const text = useText();
  return (
    <Page title={text.nav.accounts} actions={<New noun="account" />}>
      <AccountList />
    </Page>
  );
}

export function Roles(): ReactNode {
  const text = useText();
  return (
    <Page title={text.nav.roles} actions={<New noun="role" />}>
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
