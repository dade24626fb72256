import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { asks, often, seldom } from '../hub.ts';
import { messageOf } from '../lists/queue-lists.tsx';
import { Card } from '../parts/facts.tsx';
import { To } from '../parts/links.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { may } from '../parts/may.ts';
import { Pill } from '../parts/pill.tsx';
import { Time } from '../parts/time.tsx';
import { language, useText } from '../text/text.ts';

const shownMax = 6;

const All = ({ queue, tab }: { queue: string; tab: 'turns' | 'runs' }): ReactNode => (
  <Link to="/queues/$name/{-$tab}" params={{ name: queue, tab }}>
    {useText().parts.all}
  </Link>
);

/** What runs, what is late and what is due next: of each the first. */
export function NextTurns({ queue }: { queue: string }): ReactNode {
  const text = useText();
  const ask = (state: 'running' | 'waiting') =>
    asks('queue turns', { params: { name: queue }, query: { state, limit: shownMax } });
  const running = useQuery({ ...ask('running'), refetchInterval: often });
  const waiting = useQuery({ ...ask('waiting'), refetchInterval: often });
  return (
    <Card title={text.queue.next} side={<All queue={queue} tab="turns" />}>
      <Loaded query={waiting}>
        {({ items }) => (
          <ul className="lines">
            {(running.data?.items.length ?? 0) + items.length === 0 && <li className="dim">{text.queue.noTurns}</li>}
            {[...(running.data?.items ?? []), ...items].slice(0, shownMax).map(({ subject, state, dueAt, begunAt }) => (
              <li key={subject.id}>
                <Pill status={state} />
                <To noun={subject.noun} name={subject.name} />
                <span className="grow" />
                <span className="dim">
                  <Time at={begunAt ?? dueAt} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}

export function LastRuns({ queue }: { queue: string }): ReactNode {
  const text = useText();
  const runs = useQuery({
    ...asks('queue runs', { params: { name: queue }, query: { limit: shownMax } }),
    refetchInterval: seldom,
  });
  return (
    <Card title={text.queue.results} side={<All queue={queue} tab="runs" />}>
      <Loaded query={runs}>
        {({ items }) => (
          <ul className="lines">
            {items.length === 0 && <li className="dim">{text.queue.noRuns}</li>}
            {items.map(({ id, subject, status, endedAt, problem }) => (
              <li key={id}>
                <Pill status={status} />
                <span className="grow two">
                  <To noun={subject.noun} name={subject.name} />
                  <span className="dim">{messageOf(problem)}</span>
                </span>
                <span className="dim">
                  <Time at={endedAt} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}

/** Of how many backups a site was made within the last 30 days, so that they are known to be good. */
export function Proven(): ReactNode {
  const text = useText();
  const status = useQuery(asks('status', {}));
  return (
    <Card title={text.queue.proven}>
      <Loaded query={status} lines={2}>
        {({ backups: { total, proven, sites, sitesProven } }) => (
          <>
            <Share name={text.nav.backups} part={proven} whole={total} />
            <Share name={text.queue.provenSites} part={sitesProven} whole={sites} />
          </>
        )}
      </Loaded>
    </Card>
  );
}

function Share({ name, part, whole }: { name: string; part: number; whole: number }): ReactNode {
  const text = useText();
  const share = whole === 0 ? 0 : part / whole;
  return (
    <p>
      {name}: <strong>{share.toLocaleString(language(), { style: 'percent', maximumFractionDigits: 1 })}</strong>{' '}
      <span className="dim">({text.batch.of(part, whole)})</span>
    </p>
  );
}

/** What the looks have found: how many differ just now. */
export function Drifted({ noun }: { noun: 'site' | 'platform' }): ReactNode {
  const text = useText();
  const drifted = useQuery({
    ...asks(`${noun} list`, { query: { drifted: 'true', limit: shownMax } }),
    enabled: may(`${noun} list`),
  });
  return (
    <Card
      title={text.drift.title}
      side={
        <Link to={`/${noun}s`} search={{ drifted: 'true' } as never}>
          {text.parts.all}
        </Link>
      }
    >
      <Loaded query={drifted} lines={2}>
        {({ items, total }) => (
          <>
            <p className="dim">{text.drift.count(total)}</p>
            <ul className="lines">
              {items.map(({ name, driftedSince }) => (
                <li key={name}>
                  <To noun={noun} name={name} />
                  <span className="grow" />
                  <span className="dim">
                    <Time at={driftedSince} />
                  </span>
                </li>
              ))}
            </ul>
          </>
        )}
      </Loaded>
    </Card>
  );
}
