import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { choiceOf, labelOf } from '../form/label.ts';
import { asks, often } from '../hub.ts';
import { PlatformPackages } from '../lists/package-lists.tsx';
import { SiteList } from '../lists/site-list.tsx';
import { TaskList } from '../lists/task-list.tsx';
import { Card, Facts } from '../parts/facts.tsx';
import { To } from '../parts/links.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { may } from '../parts/may.ts';
import { New } from '../parts/new.tsx';
import { Page } from '../parts/page.tsx';
import { Pill } from '../parts/pill.tsx';
import { tabsOf } from '../parts/tabs.ts';
import { tell } from '../parts/tell.ts';
import { Time } from '../parts/time.tsx';
import { TaskButtons } from '../task/task-button.tsx';
import { useText } from '../text/text.ts';
import { Compare } from './compare.tsx';
import { MigrateAll } from './migrate-all.tsx';

const Drift = lazy(async () => ({ default: (await import('../parts/drift.tsx')).Drift }));

type PlatformAnswer = Answer<'platform get'>;
const tabs = ['overview', 'sites', 'packages', 'compare', 'migrate', 'tasks'] as const;

export function Platform(): ReactNode {
  const { name, tab = 'overview' } = useParams({ from: '/platforms/$name/{-$tab}' });
  const platform = useQuery({ ...asks('platform get', { params: { name } }), refetchInterval: often * 2 });
  return (
    <Page
      title={name}
      status={platform.data && <Pill status={platform.data.status} />}
      about={platform.data && [platform.data.application, platform.data.version].filter(Boolean).join(' ')}
      actions={
        platform.data && (
          <>
            <TaskButtons noun="platform" name={name} tasks={platform.data.tasks} shown={['platform verify']} />
            {platform.data.status === 'enabled' && <New noun="site" platform={name} />}
          </>
        )
      }
      tabs={tabsOf(tabs, tab, `/platforms/${encodeURIComponent(name)}`)}
    >
      <Loaded query={platform}>{(data) => <Part platform={data} tab={tab} />}</Loaded>
    </Page>
  );
}

function Part({ platform, tab }: { platform: PlatformAnswer; tab: string }): ReactNode {
  switch (tab) {
    case 'sites':
      return <SiteList fixed={{ platform: platform.name }} />;
    case 'packages':
      return <PlatformPackages platform={platform.name} />;
    case 'compare':
      return <Compare platform={platform.name} />;
    case 'migrate':
      return <MigrateAll platform={platform.name} />;
    case 'tasks':
      return <TaskList fixed={{ noun: 'platform', subject: platform.id }} />;
    default:
      return <Overview platform={platform} />;
  }
}

function Overview({ platform }: { platform: PlatformAnswer }): ReactNode {
  const text = useText();
  const { fields } = text;
  const { type, ...source } = platform.source ?? { type: null };
  const drift = platform.application !== null && may('platform drift') && (
    <Suspense>
      <Drift noun="platform" name={platform.name} tasks={platform.tasks} />
    </Suspense>
  );
  return (
    <div className="cards">
      {platform.driftedSince !== null && drift && <div className="wide">{drift}</div>}
      <Card title={text.platform.about}>
        <Facts
          of={[
            [fields.application, [platform.application, platform.version].filter(Boolean).join(' ')],
            [fields.server, <To key="s" noun="server" name={platform.server} />],
            [fields.root, <code key="r">{platform.root}</code>],
            [fields.sites, String(platform.sites)],
            [
              fields.clients,
              platform.clients.length === 0
                ? text.platform.ofAll
                : platform.clients.map((client, at) => (
                    <span key={client}>
                      {at > 0 && ', '}
                      <To noun="client" name={client} />
                    </span>
                  )),
            ],
            [fields.profiles, platform.profiles.join(', ')],
            [fields.engine, platform.engine],
            [fields.verifiedAt, <Time key="v" at={platform.verifiedAt} />],
            [fields.createdAt, <Time key="c" at={platform.createdAt} />],
          ]}
        />
      </Card>
      <Card title={fields.source}>
        <Facts
          of={[
            [fields.type, type && choiceOf(type)],
            ...Object.entries(source).map(
              ([key, value]) => [labelOf(key), <code key={key}>{String(value)}</code>] as const,
            ),
            [fields.tree, platform.tree && <code key="t">{platform.tree}</code>],
            [fields.builtAt, platform.builtAt && <Time key="b" at={platform.builtAt} />],
          ]}
        />
      </Card>
      <Card title={text.parts.change}>
        <EndpointForm
          key={JSON.stringify([platform.title, platform.clients])}
          name="platform set"
          params={{ name: platform.name }}
          isChange
          etag={platform.etag}
          values={{ title: platform.title, clients: platform.clients }}
          submit={text.parts.save}
          done={() => tell(text.parts.saved)}
        />
      </Card>
      {platform.driftedSince === null && drift}
      {platform.sitesFound.length > 0 && (
        <Card title={text.platform.found}>
          <p className="dim">{text.platform.foundAbout}</p>
          <ul className="lines">
            {platform.sitesFound.map(({ directory }) => (
              <li key={directory}>
                <code>sites/{directory}</code>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </div>
  );
}
