import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { asks, often } from '../hub.ts';
import { AuditList } from '../lists/audit-list.tsx';
import { Memberships } from '../lists/memberships.tsx';
import { SiteList } from '../lists/site-list.tsx';
import { DeleteButton } from '../parts/delete-button.tsx';
import { Card } from '../parts/facts.tsx';
import { pageOf } from '../parts/links.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { New } from '../parts/new.tsx';
import { Page } from '../parts/page.tsx';
import { Pill } from '../parts/pill.tsx';
import { tabsOf } from '../parts/tabs.ts';
import { tell } from '../parts/tell.ts';
import { useText } from '../text/text.ts';
import { ClientLockNote, LockButton, UnlockButton } from './client-lock.tsx';
import { ClientUsage } from './client-usage.tsx';

export function ClientNew(): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  return (
    <Page title={text.client.create}>
      <Card>
        <EndpointForm
          name="client create"
          main={['name', 'title', 'email']}
          submit={text.client.create}
          done={({ name }) => void navigate({ to: pageOf('client', name) })}
        />
      </Card>
    </Page>
  );
}

const Statistics = lazy(async () => ({ default: (await import('../parts/statistics.tsx')).Statistics }));

const tabs = ['overview', 'sites', 'statistics', 'access', 'activity', 'danger'] as const;

export function Client(): ReactNode {
  const { name, tab = 'overview' } = useParams({ from: '/clients/$name/{-$tab}' });
  const client = useQuery({ ...asks('client get', { params: { name } }), refetchInterval: often * 2 });
  return (
    <Page
      title={name}
      status={client.data && <Pill status={client.data.status} />}
      about={client.data && client.data.title !== name ? client.data.title : undefined}
      actions={<New noun="site" client={name} />}
      tabs={tabsOf(tabs, tab, `/clients/${encodeURIComponent(name)}`)}
    >
      <Loaded query={client}>{(data) => <Part client={data} tab={tab} />}</Loaded>
    </Page>
  );
}

function Part({ client, tab }: { client: Answer<'client get'>; tab: string }): ReactNode {
  switch (tab) {
    case 'sites':
      return <SiteList fixed={{ client: client.name }} />;
    case 'statistics':
      return (
        <Suspense>
          <Statistics of={{ client: client.name }} />
        </Suspense>
      );
    case 'access':
      return <Memberships of="client" name={client.name} />;
    case 'activity':
      return <AuditList fixed={{ client: client.name }} />;
    case 'danger':
      return <Danger client={client} />;
    default:
      return <Overview client={client} />;
  }
}

function Overview({ client }: { client: Answer<'client get'> }): ReactNode {
  const text = useText();
  const { name, title, email, sitesMax, backupsMax, diskMaxMb } = client;
  const quotas = { sitesMax, backupsMax, diskMaxMb };
  const given = Object.fromEntries(Object.entries({ email, ...quotas }).filter(([, value]) => value !== null));
  return (
    <div className="stack">
      <ClientLockNote client={client} />
      <div className="cards">
        <ClientUsage client={client} />
        <Card title={text.parts.change}>
          <EndpointForm
            key={JSON.stringify([title, given])}
            name="client set"
            client={name}
            params={{ name }}
            isChange
            etag={client.etag}
            values={{ title, ...given }}
            leave={['status']}
            submit={text.parts.save}
            done={() => tell(text.parts.saved)}
          />
        </Card>
      </div>
    </div>
  );
}

function Danger({ client }: { client: Answer<'client get'> }): ReactNode {
  const text = useText();
  return (
    <Card title={text.tabs.danger}>
      <ul className="lines">
        <li>
          <span className="grow">{text.client.lockAbout(client.usage.sites)}</span>
          {client.status === 'locked' ? <UnlockButton client={client} /> : <LockButton client={client} />}
        </li>
        <li>
          <span className="grow">{text.client.deleteAbout}</span>
          <DeleteButton noun="client" name={client.name} isUsed={client.usage.sites > 0} />
        </li>
      </ul>
    </Card>
  );
}
