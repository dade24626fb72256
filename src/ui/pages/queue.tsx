import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { asks, often } from '../hub.ts';
import { QueueRuns, QueueTurns } from '../lists/queue-lists.tsx';
import { Card, Facts } from '../parts/facts.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pill } from '../parts/pill.tsx';
import { tabsOf } from '../parts/tabs.ts';
import { tell } from '../parts/tell.ts';
import { Time } from '../parts/time.tsx';
import { useText } from '../text/text.ts';
import { Drifted, LastRuns, NextTurns, Proven } from './queue-cards.tsx';
import { PauseButton } from './queues.tsx';

type QueueAnswer = Answer<'queue get'>;

/** One queue: how often, who is due, and what came of it. */
export function Queue(): ReactNode {
  const text = useText();
  const { name, tab = 'overview' } = useParams({ from: '/queues/$name/{-$tab}' });
  const queue = useQuery({ ...asks('queue get', { params: { name } }), refetchInterval: often });
  const abouts: Readonly<Record<string, string>> = text.queue.abouts;
  const tabs = queue.data?.every === null ? (['overview'] as const) : (['overview', 'turns', 'runs'] as const);
  return (
    <Page
      title={name}
      status={queue.data?.paused && <Pill status="paused" />}
      about={abouts[name] ?? queue.data?.about}
      actions={queue.data && <PauseButton queue={queue.data} />}
      tabs={tabsOf(tabs, tab, `/queues/${encodeURIComponent(name)}`)}
    >
      <Loaded query={queue}>{(data) => <Part queue={data} tab={tab} />}</Loaded>
    </Page>
  );
}

function Part({ queue, tab }: { queue: QueueAnswer; tab: string }): ReactNode {
  switch (tab) {
    case 'turns':
      return <QueueTurns queue={queue.name} />;
    case 'runs':
      return <QueueRuns queue={queue.name} />;
    default:
      return <Overview queue={queue} />;
  }
}

function Overview({ queue }: { queue: QueueAnswer }): ReactNode {
  const text = useText();
  const { name, every, window, limit } = queue;
  const rules = Object.fromEntries(Object.entries({ every, window, limit }).filter(([, value]) => value !== null));
  return (
    <div className="cards">
      <Card title={text.queue.now}>
        <Facts
          of={[
            ...(['turns', 'running', 'due', 'late', 'failing'] as const).map(
              (key) => [text.queue.counts[key], queue[key].toLocaleString()] as const,
            ),
            [text.queue.hours, queue.window === null ? null : <Hours key="h" queue={queue} />],
            [text.queue.lastRun, <Time key="l" at={queue.lastRunAt} />],
          ]}
        />
      </Card>
      {name.startsWith('backup') && <Proven />}
      {name === 'site drift' && <Drifted noun="site" />}
      {name === 'platform drift' && <Drifted noun="platform" />}
      {every !== null && <NextTurns queue={name} />}
      {every !== null && <LastRuns queue={name} />}
      {every !== null && (
        <Card title={text.queue.rules}>
          <EndpointForm
            key={JSON.stringify(rules)}
            name="queue set"
            params={{ name }}
            isChange
            values={rules}
            submit={text.parts.save}
            done={() => tell(text.parts.saved)}
          />
        </Card>
      )}
    </div>
  );
}

/** Whether it begins anything just now, and until when that is so. */
function Hours({ queue: { window, isOpen, changesAt } }: { queue: QueueAnswer }): ReactNode {
  const text = useText();
  return (
    <>
      {window} <span className="dim">({isOpen ? text.reserve.openUntil : text.reserve.closedUntil} </span>
      <Time at={changesAt} />
      <span className="dim">)</span>
    </>
  );
}
