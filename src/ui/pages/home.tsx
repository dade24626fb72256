import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { asks, often, seldom } from '../hub.ts';
import { Empty } from '../parts/empty.tsx';
import { Card } from '../parts/facts.tsx';
import { Icon } from '../parts/icon.tsx';
import { ButtonLink, To } from '../parts/links.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { may } from '../parts/may.ts';
import { New } from '../parts/new.tsx';
import { Page } from '../parts/page.tsx';
import { Pill } from '../parts/pill.tsx';
import { Time, Took } from '../parts/time.tsx';
import { titleOf } from '../task/title.ts';
import { useText } from '../text/text.ts';
import { type FirstStep, FirstSteps } from './first-steps.tsx';
import { Trends } from './trends.tsx';

/** What needs somebody, what is being done, and how it goes. */
export function Home(): ReactNode {
  const text = useText();
  const home = useQuery({ ...asks('home', {}), refetchInterval: seldom });
  return (
    <Page title={text.nav.home}>
      <Loaded query={home}>
        {({ counts }) =>
          counts.sites === 0 ? (
            <Begin counts={counts} />
          ) : (
            <>
              <div className="figures">
                <Figure to="/sites" value={counts.sites} name={text.nav.sites} />
                <Figure to="/platforms" value={counts.platforms} name={text.nav.platforms} />
                {may('server list') && <Figure to="/servers" value={counts.servers} name={text.nav.servers} />}
                <Figure to="/tasks" search={{ status: 'running' }} value={counts.running} name={text.home.runningNow} />
                <Figure to="/tasks" search={{ status: 'queued' }} value={counts.queued} name={text.home.waiting} />
                <Figure
                  to="/tasks"
                  search={{ status: 'failed' }}
                  value={counts.failedToday}
                  name={text.home.failedToday}
                />
              </div>
              <div className="stack">
                <div className="cards">
                  <Attention />
                  <RunningNow />
                </div>
                <Trends />
              </div>
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

/** What is missing until a site is open, and the way to it. */
function Begin({ counts }: { counts: { servers: number; platforms: number } }): ReactNode {
  const text = useText();
  if (!may('server create'))
    return (
      <Empty icon="site" title={text.site.none}>
        <New noun="site" />
      </Empty>
    );
  const step: FirstStep = counts.servers === 0 ? 'server' : counts.platforms === 0 ? 'platform' : 'site';
  return (
    <Card title={text.first.title}>
      <FirstSteps step={step} />
      <ButtonLink to="/start" size="sm">
        {step === 'server' ? text.first.begin : text.first.goOn}
      </ButtonLink>
    </Card>
  );
}

const Figure = ({
  to,
  search,
  value,
  name,
}: {
  to: string;
  search?: Record<string, string>;
  value: number;
  name: string;
}): ReactNode => (
  <Link to={to} search={(search ?? {}) as never} className="figure">
    <b>{value.toLocaleString()}</b>
    {name}
  </Link>
);

function Attention(): ReactNode {
  const text = useText();
  const home = useQuery({ ...asks('home', {}), refetchInterval: seldom });
  return (
    <Card title={text.home.attention}>
      <Loaded query={home}>
        {({ attention }) => (
          <ul className="lines">
            {attention.length === 0 && (
              <li>
                <Icon name="check" /> {text.home.fine}
              </li>
            )}
            {attention.map((one) => (
              <li key={`${one.kind} ${one.noun} ${one.name}`}>
                <Pill status={one.isBad ? 'failed' : 'locked'}>{text.home.kinds[one.kind]}</Pill>
                <To noun={one.noun} name={one.name}>
                  {one.title}
                </To>
                <span className="dim">{one.about}</span>
                <span className="grow" />
                <span className="dim">{one.at !== null && <Time at={one.at} />}</span>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}

function RunningNow(): ReactNode {
  const text = useText();
  const running = useQuery({
    ...asks('task list', { query: { status: 'running', limit: 10 } }),
    refetchInterval: often,
  });
  return (
    <Card title={text.home.runningNow}>
      <Loaded query={running}>
        {({ items }) => (
          <ul className="lines">
            {items.length === 0 && <li className="dim">{text.home.nothingRuns}</li>}
            {items.map((task) => (
              <li key={task.id}>
                <Pill status={task.status} />
                <Link to="/tasks/$task" params={{ task: task.id }}>
                  {titleOf(task, text.tasks)}
                </Link>
                <To noun={task.subject.noun} name={task.subject.name} />
                <span className="grow" />
                <span className="dim">
                  <Took from={task.startedAt} to={task.endedAt} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}
