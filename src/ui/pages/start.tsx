import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { asks, often } from '../hub.ts';
import { Card } from '../parts/facts.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { useText } from '../text/text.ts';
import { type FirstStep, FirstSteps } from './first-steps.tsx';
import { ServerForm } from './server-new.tsx';
import { Making, Open } from './start-making.tsx';

type Named = { readonly id: string; readonly name: string; readonly status: string };

/** Not yet, or it went wrong: what follows needs it. */
const isReady = (one: Named | undefined): boolean => one !== undefined && !['queued', 'failed'].includes(one.status);
const best = <One extends Named>(all: readonly One[]): One | undefined => all.find(isReady) ?? all[0];

/** From an empty hub to an open site. Where one is, the hub says: who comes back goes on there. */
export function Start(): ReactNode {
  const text = useText();
  const watched = { refetchInterval: often };
  const servers = useQuery({ ...asks('server list', { query: { limit: 20 } }), ...watched });
  const platforms = useQuery({ ...asks('platform list', { query: { limit: 20 } }), ...watched });
  const sites = useQuery({ ...asks('site list', { query: { limit: 20, sort: '-created' } }), ...watched });
  return (
    <Page title={text.first.title}>
      <Loaded query={servers}>
        {(server) => (
          <Loaded query={platforms}>
            {(platform) => (
              <Loaded query={sites}>
                {(site) => <Step server={best(server.items)} platform={best(platform.items)} site={best(site.items)} />}
              </Loaded>
            )}
          </Loaded>
        )}
      </Loaded>
    </Page>
  );
}

interface There {
  readonly server: Answer<'server get'> | undefined;
  readonly platform: Answer<'platform get'> | undefined;
  readonly site: Answer<'site get'> | undefined;
}

function Step(there: There): ReactNode {
  const text = useText();
  const step = stepOf(there);
  const { serverForm, platformForm, siteForm, ready } = text.first;
  const titles: { readonly [One in FirstStep]: string } = {
    ...{ server: serverForm, platform: platformForm, site: siteForm },
    openIt: ready(there.site?.name ?? ''),
  };
  return (
    <div className="stack">
      <FirstSteps step={step} />
      <Card title={titles[step]}>
        <Body {...there} step={step} />
      </Card>
    </div>
  );
}

function stepOf({ server, platform, site }: There): FirstStep {
  if (!isReady(server)) return 'server';
  if (!isReady(platform)) return 'platform';
  return isReady(site) ? 'openIt' : 'site';
}

/** A form for what is not there yet, else how it comes to be. */
function Body({ step, server, platform, site }: There & { step: FirstStep }): ReactNode {
  if (step === 'openIt') return site && <Open site={site} />;
  const made = { server, platform, site }[step];
  if (made) return <Making noun={step} one={made} />;
  if (step === 'site') return platform && <SiteForm platform={platform} />;
  return server ? <PlatformChoice server={server} /> : <ServerForm name="main" />;
}

const kinds = ['wordpress', 'atPath', 'other'] as const;

function PlatformChoice({ server }: { server: Answer<'server get'> }): ReactNode {
  const text = useText();
  const [kind, choose] = useState<(typeof kinds)[number]>('wordpress');
  const root = `${server.root}/platforms/`;
  const forms = {
    wordpress: {
      values: { name: 'wordpress', root: `${root}wordpress` },
      fixed: { source: { type: 'debian', package: 'wordpress' }, server: server.name },
      main: ['name', 'root'],
    },
    atPath: {
      values: { root },
      fixed: { source: { type: 'path' }, server: server.name },
      main: ['name', 'root'],
    },
    other: {
      values: { root, source: { type: 'composer' } },
      fixed: { server: server.name },
      main: ['name', 'source', 'root'],
    },
  } as const;
  return (
    <div className="stack">
      <SegmentedControl
        aria-label={text.first.platformForm}
        data={kinds.map((value) => ({ value, label: text.first[value] }))}
        value={kind}
        onChange={(next) => choose(next as typeof kind)} // one of those just given
        orientation={window.innerWidth < 600 ? 'vertical' : 'horizontal'}
      />
      <p className="dim">{text.first[`${kind}About`]}</p>
      <EndpointForm
        key={kind}
        name="platform create"
        {...forms[kind]}
        submit={text.first.platform.act}
        done={() => undefined}
      />
    </div>
  );
}

function SiteForm({ platform }: { platform: Answer<'platform get'> }): ReactNode {
  const text = useText();
  return (
    <div className="stack">
      <p className="dim">{text.first.siteAbout}</p>
      <EndpointForm
        name="site create"
        values={{ platform: platform.name }}
        main={['name', 'title', 'email']}
        submit={text.first.site.act}
        done={() => undefined}
      />
    </div>
  );
}
