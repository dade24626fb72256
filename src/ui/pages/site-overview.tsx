import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense } from 'react';
import { asks, often } from '../hub.ts';
import { ActLink } from '../parts/act.tsx';
import { bytes } from '../parts/bytes.ts';
import { Card, Facts } from '../parts/facts.tsx';
import { To } from '../parts/links.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Pill } from '../parts/pill.tsx';
import { Time } from '../parts/time.tsx';
import { titleOf } from '../task/title.ts';
import { useText } from '../text/text.ts';
import type { SiteAnswer } from './answers.ts';

const StagedMove = lazy(async () => ({ default: (await import('./site-staged-move.tsx')).StagedMove }));
const Drift = lazy(async () => ({ default: (await import('../parts/drift.tsx')).Drift }));

export function SiteOverview({ site }: { site: SiteAnswer }): ReactNode {
  const text = useText();
  const { fields } = text;
  const names = site.aliases.map(({ name, redirect }) => (redirect ? `${name} →` : name));
  const isThere = site.status === 'enabled' || site.status === 'disabled';
  const drift = (
    <Suspense>
      <Drift noun="site" name={site.name} tasks={site.tasks} />
    </Suspense>
  );
  // What is not as it should be stands first.
  return (
    <div className="cards">
      {site.driftedSince !== null && <div className="wide">{drift}</div>}
      <Card
        title={text.site.about}
        side={
          <ActLink
            to={`/sites/${encodeURIComponent(site.name)}/clone`}
            needs="site clone"
            client={site.client}
            variant="default"
            size="compact-xs"
          >
            {text.site.clone}
          </ActLink>
        }
      >
        <Facts
          of={[
            [
              fields.address,
              <a key="a" href={site.url} target="_blank" rel="noopener noreferrer">
                {site.url}
              </a>,
            ],
            [fields.aliases, names.join(', ')],
            [fields.platform, <To key="p" noun="platform" name={site.platform} />],
            [fields.client, <To key="c" noun="client" name={site.client} />],
            [fields.server, <To key="s" noun="server" name={site.server} />],
            [fields.profile, site.profile],
            [fields.language, site.language],
            [fields.email, site.email],
            [fields.verifiedAt, <Time key="v" at={site.verifiedAt} />],
            [fields.createdAt, <Time key="t" at={site.createdAt} />],
          ]}
        />
      </Card>
      <Suspense>
        <StagedMove site={site} />
      </Suspense>
      <LastTasks site={site} />
      <LastBackups site={site} />
      {site.driftedSince === null && isThere && drift}
    </div>
  );
}

function LastTasks({ site }: { site: SiteAnswer }): ReactNode {
  const text = useText();
  const tasks = useQuery({
    ...asks('task list', { query: { noun: 'site', subject: site.id, limit: 6 } }),
    refetchInterval: often,
  });
  return (
    <Card
      title={text.nav.tasks}
      side={
        <Link to="/sites/$name/{-$tab}" params={{ name: site.name, tab: 'tasks' }}>
          {text.parts.all}
        </Link>
      }
    >
      <Loaded query={tasks}>
        {({ items }) => (
          <ul className="lines">
            {items.length === 0 && <li className="dim">{text.task.none}</li>}
            {items.map((task) => (
              <li key={task.id}>
                <Pill status={task.status} />
                <Link to="/tasks/$task" params={{ task: task.id }}>
                  {titleOf(task, text.tasks)}
                </Link>
                <span className="grow" />
                <span className="dim">
                  <Time at={task.createdAt} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}

function LastBackups({ site }: { site: SiteAnswer }): ReactNode {
  const text = useText();
  const backups = useQuery(asks('backup list', { query: { site: site.id, limit: 4 } }));
  return (
    <Card
      title={text.nav.backups}
      side={
        <Link to="/sites/$name/{-$tab}" params={{ name: site.name, tab: 'backups' }}>
          {text.parts.all}
        </Link>
      }
    >
      <Loaded query={backups}>
        {({ items }) => (
          <ul className="lines">
            {items.length === 0 && <li className="dim">{text.backup.none}</li>}
            {items.map((backup) => (
              <li key={backup.id}>
                <Pill status={backup.status} />
                <Link to="/backups/$backup" params={{ backup: backup.name }}>
                  <Time at={backup.createdAt} />
                </Link>
                <span className="dim">{backup.reason}</span>
                <span className="grow" />
                <span className="number dim">{bytes(backup.bytes)}</span>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}

export function SiteAccess({ site }: { site: SiteAnswer }): ReactNode {
  const text = useText();
  const { fields } = text;
  return (
    <div className="cards">
      <Card title={text.site.whose}>
        <Facts
          of={[
            [fields.client, <To key="c" noun="client" name={site.client} />],
            [fields.email, site.email],
          ]}
        />
      </Card>
      <Card title={text.site.onServer}>
        <Facts
          of={[
            [fields.server, <To key="s" noun="server" name={site.server} />],
            [fields.directory, <code key="d">{site.directory}</code>],
            [fields.runUser, <code key="r">{site.runUser}</code>],
            [fields.dbServer, <To key="b" noun="server" name={site.database.server} />],
            [fields.database, <code key="n">{`${site.database.name} (${site.database.engine})`}</code>],
            [fields.dbUser, <code key="u">{site.database.user}</code>],
          ]}
        />
      </Card>
    </div>
  );
}
