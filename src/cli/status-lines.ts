import type { Answer } from '../api/endpoints.ts';
import { moment } from './show.ts';

type Status = Answer<'status'>;

/** How the hub is, in sentences: what is there, what waits and why, who works. */
export function statusLines({ version, database, queue, workers, counts, backups }: Status): readonly string[] {
  return [
    `Hub ${version} on PostgreSQL ${database.version.split(' ')[0]} knows ${numbered(counts.servers, 'server')}, ${numbered(counts.platforms, 'platform')} and ${numbered(counts.sites, 'site')}.`,
    `Tasks: ${queue.queued} waiting, ${queue.running} running, ${queue.failedToday} failed in the last 24 hours${queue.failedToday > 0 ? ' (aegir task list --status failed)' : ''}.`,
    ...(backups.sites > 0
      ? [
          `Backups: ${backups.total} of ${numbered(backups.sites, 'site')}; in the last 30 days ${numbered(backups.sitesProven, 'site')} could be made of one.`,
        ]
      : []),
    ...(queue.stuck > 0
      ? [`${numbered(queue.stuck, 'task')} stuck, which a person has to look at: aegir task list --status stuck`]
      : []),
    ...(queue.paused ? ['The queue is paused, so tasks wait. To go on: aegir queue resume task'] : []),
    ...workers.map(workerLine),
    ...(workers.length === 0 ? ['No worker runs, so tasks wait. To start one: ./up'] : []),
  ];
}

const workerLine = ({ name, startedAt, waiting }: Status['workers'][number]): string =>
  `Worker ${name} ${waiting === null ? 'takes tasks' : `takes no tasks just now: ${waiting}`} (since ${moment(startedAt)}).`;

const numbered = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
