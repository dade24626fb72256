import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { asks, often, useWish } from '../hub.ts';
import { ActButton } from '../parts/act.tsx';
import { Card } from '../parts/facts.tsx';
import { To } from '../parts/links.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pill } from '../parts/pill.tsx';
import { tellProblem } from '../parts/tell.ts';
import { Time } from '../parts/time.tsx';
import { useText } from '../text/text.ts';

type Queue = Answer<'queue list'>['items'][number];

/** What begins tasks by itself, and who does them. */
export function Queues(): ReactNode {
  const text = useText();
  const queues = useQuery({ ...asks('queue list', { query: { limit: 200 } }), refetchInterval: often });
  const status = useQuery({ ...asks('status', {}), refetchInterval: often });
  return (
    <Page title={text.nav.queues}>
      <div className="cards">
        <Card title={text.nav.queues}>
          <Loaded query={queues}>
            {({ items }) => (
              <ul className="lines">
                {items.map((queue) => (
                  <QueueLine key={queue.name} queue={queue} />
                ))}
              </ul>
            )}
          </Loaded>
        </Card>
        <Card title={text.queue.workers}>
          <Loaded query={status}>
            {({ workers }) => (
              <ul className="lines">
                {workers.length === 0 && <li>{text.waits.noWorker}</li>}
                {workers.map((worker) => (
                  <li key={worker.name}>
                    <Pill status={worker.waiting === null ? 'enabled' : 'paused'}>
                      {worker.waiting === null ? text.queue.takes : text.queue.rests}
                    </Pill>
                    <code>{worker.name}</code>
                    <span className="dim">{worker.waiting}</span>
                    <span className="grow" />
                    <span className="dim">
                      {text.queue.since} <Time at={worker.startedAt} />
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </Loaded>
        </Card>
      </div>
    </Page>
  );
}

function QueueLine({ queue }: { queue: Queue }): ReactNode {
  const text = useText();
  const abouts: Readonly<Record<string, string>> = text.queue.abouts;
  return (
    <li>
      <Pill status={queue.paused ? 'paused' : 'enabled'}>{queue.paused ? text.status.paused : text.queue.runs}</Pill>
      <span className="grow two">
        <To noun="queue" name={queue.name} />
        <span className="dim">{abouts[queue.name] ?? queue.about}</span>
      </span>
      {queue.lastRunAt !== null && (
        <span className="dim">
          <Time at={queue.lastRunAt} />
        </span>
      )}
      <PauseButton queue={queue} />
    </li>
  );
}

export function PauseButton({ queue }: { queue: Queue }): ReactNode {
  const text = useText();
  const wishes = { pause: useWish('queue pause'), resume: useWish('queue resume') };
  const wish = queue.paused ? wishes.resume : wishes.pause;
  return (
    <ActButton
      needs={queue.paused ? 'queue resume' : 'queue pause'}
      variant="default"
      loading={wish.isPending}
      onClick={() => wish.mutate({ params: { name: queue.name } }, { onError: tellProblem })}
    >
      {queue.paused ? text.queue.resume : text.queue.pause}
    </ActButton>
  );
}
