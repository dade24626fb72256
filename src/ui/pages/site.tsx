import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense } from 'react';
import { asks, often } from '../hub.ts';
import { AuditList } from '../lists/audit-list.tsx';
import { BackupList } from '../lists/backup-list.tsx';
import { SitePackages } from '../lists/package-lists.tsx';
import { TaskList } from '../lists/task-list.tsx';
import { NewWindow } from '../parts/links.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pill } from '../parts/pill.tsx';
import { tabsOf } from '../parts/tabs.ts';
import { LoginButton } from '../task/login-button.tsx';
import { TaskButtons } from '../task/task-button.tsx';
import { useText } from '../text/text.ts';
import type { SiteAnswer } from './answers.ts';
import { SiteDanger } from './site-danger.tsx';
import { SiteDomains } from './site-domains.tsx';
import { SiteLogs } from './site-logs.tsx';
import { SiteAccess, SiteOverview } from './site-overview.tsx';

const Statistics = lazy(async () => ({ default: (await import('../parts/statistics.tsx')).Statistics }));

const tabs = [
  'overview',
  'domains',
  'backups',
  'packages',
  'tasks',
  'statistics',
  'logs',
  'access',
  'activity',
  'danger',
] as const;

export function Site(): ReactNode {
  const { name, tab = 'overview' } = useParams({ from: '/sites/$name/{-$tab}' });
  const site = useQuery({ ...asks('site get', { params: { name } }), refetchInterval: often * 2 });
  return (
    <Page
      title={name}
      status={site.data && <Pill status={site.data.status} />}
      about={site.data && site.data.title !== name ? site.data.title : undefined}
      actions={site.data && <SiteActions site={site.data} />}
      tabs={tabsOf(tabs, tab, `/sites/${encodeURIComponent(name)}`)}
    >
      <Loaded query={site}>{(data) => <Part site={data} tab={tab} />}</Loaded>
    </Page>
  );
}

function SiteActions({ site }: { site: SiteAnswer }): ReactNode {
  const text = useText();
  const isOpen = site.status === 'enabled';
  return (
    <>
      <TaskButtons
        noun="site"
        name={site.name}
        tasks={site.tasks}
        shown={isOpen ? ['site backup'] : site.status === 'disabled' ? ['site enable'] : ['site install']}
        leave={[
          'site login',
          'site clone',
          'site import',
          'site delete',
          ...(isOpen ? ['site install', 'site enable'] : []),
        ]}
      />
      {isOpen && (
        <NewWindow href={site.url} variant="default">
          {text.site.visit}
        </NewWindow>
      )}
      <LoginButton site={site} />
    </>
  );
}

function Part({ site, tab }: { site: SiteAnswer; tab: string }): ReactNode {
  switch (tab) {
    case 'domains':
      return <SiteDomains site={site} />;
    case 'backups':
      return <BackupList fixed={{ site: site.name }} />;
    case 'packages':
      return <SitePackages site={site.name} />;
    case 'tasks':
      return <TaskList fixed={{ noun: 'site', subject: site.id }} />;
    case 'statistics':
      return (
        <Suspense>
          <Statistics of={{ site: site.name }} />
        </Suspense>
      );
    case 'logs':
      return <SiteLogs site={site} />;
    case 'access':
      return <SiteAccess site={site} />;
    case 'activity':
      return <AuditList fixed={{ noun: 'site', subject: site.id }} />;
    case 'danger':
      return <SiteDanger site={site} />;
    default:
      return <SiteOverview site={site} />;
  }
}
