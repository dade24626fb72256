import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { asks } from '../hub.ts';
import { bytes } from '../parts/bytes.ts';
import { Card } from '../parts/facts.tsx';
import { To } from '../parts/links.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { useText } from '../text/text.ts';

const Plot = lazy(async () => ({ default: (await import('../parts/plot.tsx')).Plot }));
const everyMs = 60_000;
const mb = 1024 * 1024;

/** What people who run many sites ask: how much is done and fails, how long things wait, what runs where, how old backups are. */
export function Trends(): ReactNode {
  const text = useText();
  const home = useQuery({ ...asks('home', {}), refetchInterval: everyMs });
  return (
    <Loaded query={home}>
      {({ hours, versions, backupAges, servers }) => (
        <div className="cards">
          <Card title={text.home.tasksPerHour}>
            <Suspense fallback={<div className="plot-box" />}>
              <Plot
                at={hours.map(({ at }) => Date.parse(at) / 1000)}
                lines={[
                  { name: text.status.done, values: hours.map(({ done }) => done), colour: 'good' },
                  { name: text.status.failed, values: hours.map(({ failed }) => failed), colour: 'bad' },
                ]}
                about={text.home.tasksPerHourAbout(
                  hours.reduce((sum, { done }) => sum + done, 0),
                  hours.reduce((sum, { failed }) => sum + failed, 0),
                )}
              />
            </Suspense>
          </Card>
          <Card title={text.home.waitingTime}>
            <Suspense fallback={<div className="plot-box" />}>
              <Plot
                at={hours.map(({ at }) => Date.parse(at) / 1000)}
                lines={[
                  {
                    name: text.home.waitedMedian,
                    values: hours.map(({ waitedMs }) => (waitedMs === null ? null : waitedMs / 1000)),
                    colour: 'accent',
                  },
                ]}
                unit="s"
                about={text.home.waitingTimeAbout}
              />
            </Suspense>
          </Card>
          <Card title={text.home.versions}>
            <Bars
              of={versions.map(
                ({ application, version, sites }) => [[application, version].filter(Boolean).join(' '), sites] as const,
              )}
            />
          </Card>
          <Card title={text.home.backupAges}>
            <Bars of={backupAges.map(({ age, sites }) => [text.home.ages[age], sites] as const)} />
          </Card>
          {servers.length > 0 && <ByServer of={servers} />}
        </div>
      )}
    </Loaded>
  );
}

/** Of who sees servers. */
function ByServer({ of: servers }: { of: Answer<'home'>['servers'] }): ReactNode {
  const text = useText();
  return (
    <>
      <Card title={text.home.servers}>
        <Bars of={servers.map(({ name, sites }) => [<To key={name} noun="server" name={name} />, sites] as const)} />
      </Card>
      <Card title={text.home.disk}>
        <ul className="lines">
          {servers.map(({ name, diskFreeMb, backupBytes }) => (
            <li key={name}>
              <To noun="server" name={name} />
              <span className="grow" />
              <span className="number">
                {diskFreeMb === null ? text.home.diskUnknown : text.home.diskFree(bytes(diskFreeMb * mb))}
              </span>
              <span className="number dim">{text.home.diskBackups(bytes(backupBytes))}</span>
            </li>
          ))}
        </ul>
      </Card>
    </>
  );
}

function Bars({ of }: { of: readonly (readonly [ReactNode, number])[] }): ReactNode {
  const most = Math.max(1, ...of.map(([, count]) => count));
  return (
    <div className="bars">
      {of.map(([name, count], at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: drawn anew as a whole
        <div key={at}>
          <span>{name}</span>
          <span className="bar" style={{ width: `${(100 * count) / most}%` }} />
          <span className="number">{count.toLocaleString()}</span>
        </div>
      ))}
    </div>
  );
}
