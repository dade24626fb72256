import { type Kysely, sql } from 'kysely';
import { namesShown } from '../../model/names-shown.ts';
import type { ProblemJson } from '../../model/problem.ts';
import type { Hub } from '../hub.ts';
import type { Options } from '../service-options.ts';
import { addressOfPanel } from '../sign-in/one-time-link.ts';
import { urlOf } from '../site-url.ts';
import type { Tables } from '../tables.ts';
import { seenBy } from './seen.ts';

/** What is said of a happening, by whatever way. All text is plain: whoever puts it into HTML escapes it. */
export interface Message {
  /** Of the notification. */
  readonly id: string;
  readonly kind: string;
  readonly at: Date;
  /** One line: 'site verify failed on example.com'. */
  readonly title: string;
  readonly problem: ProblemJson | null;
  /** Where it stands in the panel. */
  readonly link: string;
  readonly task: { readonly id: string; readonly name: string } | null;
  readonly batch: { readonly id: string; readonly title: string } | null;
  readonly order: { readonly id: string; readonly offer: string; readonly name: string; readonly url: string } | null;
  readonly subject: { readonly noun: string; readonly id: string; readonly name: string } | null;
}

interface Row extends Pick<Message, 'id' | 'kind' | 'at' | 'problem'> {
  readonly happeningId: string;
  readonly taskId: string | null;
  readonly taskName: string | null;
  readonly subjectType: string;
  readonly subjectId: string | null;
  readonly subjectName: string;
  readonly order: (Omit<NonNullable<Message['order']>, 'url'> & { readonly host: string }) | null;
  readonly orderSite: string | null;
  readonly tls: string;
  readonly httpOptions: Options;
  readonly batchId: string | null;
  readonly batchName: string;
  readonly batchTitle: string;
  readonly batchStatus: string;
  readonly why: string | null;
  readonly members: number;
  readonly bad: readonly { readonly name: string; readonly status: string; readonly problem: ProblemJson | null }[];
}

/** Of those notifications whose happenings the account may still see, in their order. */
export async function messagesFor(
  db: Kysely<Tables>,
  hub: Pick<Hub, 'address'>,
  accountId: string,
  notifications: readonly string[],
): Promise<readonly Message[]> {
  const { rows } = await sql<Row>`
    select notification.id, notification.happening_id, happening.kind, happening.at, happening.problem,
           task.id as task_id, task.name as task_name, coalesce(task.subject_type, happening.subject_type) as subject_type,
           coalesce(task.subject_id, happening.subject_id) as subject_id,
           coalesce(task.subject_name, happening.subject_name) as subject_name,
           case when site_order.id is not null then jsonb_build_object('id', site_order.id::text, 'offer', offer.name,
             'name', site_order.name, 'host', site_order.host) end as "order",
           site.id as order_site, coalesce(site.tls, 'off') as tls, coalesce(http.options, '{}') as http_options,
           batch.id as batch_id, batch.name as batch_name, batch.title as batch_title, batch.status as batch_status, batch.why,
           (select count(*)::int from batch_member where batch_id = batch.id) as members,
           (select coalesce(jsonb_agg(jsonb_build_object('name', subject_name, 'status', status, 'problem', problem)
                                      order by position), '[]')
            from batch_member where batch_id = batch.id and status in ('failed', 'refused', 'stuck')) as bad
    from notification join happening on happening.id = notification.happening_id
      left join task on task.id = happening.task_id left join batch on batch.id = happening.batch_id
      left join site_order on site_order.id = happening.order_id left join offer on offer.id = site_order.offer_id
      left join spare on spare.id = site_order.spare_id left join site on site.id = spare.site_id
      left join platform on platform.id = site.platform_id left join service http on http.id = platform.http_service_id
    where notification.id = any (${[...notifications]}::bigint[]) and notification.account_id = ${accountId}
    order by notification.id`.execute(db);
  const panel = await addressOfPanel(db, hub);
  const seen = await seenBy(
    db,
    accountId,
    rows.map(({ happeningId }) => happeningId),
  );
  return rows.filter(({ happeningId }) => seen.has(happeningId)).map((row) => message(row, panel));
}

function message(row: Row, panel: string): Message {
  const { id, kind, at } = row;
  const common = { id, kind, at, task: null, batch: null, order: null, subject: null };
  if (row.order !== null) return { ...common, ...ofOrder(row, row.order, panel) };
  if (row.taskId !== null)
    return {
      ...common,
      title: `${row.taskName} ${kind === 'task stuck' ? 'is stuck' : 'failed'} on ${row.subjectName}`,
      problem: row.problem,
      link: `${panel}/tasks/${row.taskId}`,
      task: { id: row.taskId, name: row.taskName ?? '' },
      subject: { noun: row.subjectType, id: row.subjectId ?? '', name: row.subjectName },
    };
  if (row.batchId !== null)
    return {
      ...common,
      title: `batch ${row.batchId} (${row.batchTitle}) ${row.batchStatus === 'stopped' ? 'stopped' : 'ended with failures'}`,
      problem: batchProblem(row),
      link: `${panel}/batches/${row.batchId}`,
      batch: { id: row.batchId, title: row.batchTitle },
    };
  if (row.subjectId !== null)
    return {
      ...common,
      title:
        kind === 'staged move failed'
          ? `the move of ${row.subjectName} in stages does not go on by itself`
          : `${row.subjectType} ${row.subjectName} differs from what the hub wrote`,
      problem: row.problem,
      link: `${panel}/${row.subjectType}s/${encodeURIComponent(row.subjectName)}`,
      subject: { noun: row.subjectType, id: row.subjectId, name: row.subjectName },
    };
  return { ...common, title: 'a test of your notifications', problem: null, link: `${panel}/account` };
}

/** Why it failed is for those who see its task, and they are told of that. */
function ofOrder(
  { kind, orderSite, tls, httpOptions }: Row,
  { host, ...order }: NonNullable<Row['order']>,
  panel: string,
): Pick<Message, 'title' | 'problem' | 'link' | 'order' | 'subject'> {
  const isReady = kind === 'order ready';
  const problem = {
    code: 'application-failed',
    message: `the site ${host} of order ${order.id} could not be made ready for its customer`,
    causes: [],
    hint: 'Look at the task of its site: when that is done again, the order goes on.',
  } as const;
  return {
    title: isReady ? `${host} is ready for its customer` : `${host} could not be made ready for its customer`,
    problem: isReady ? null : problem,
    link: `${panel}/offers/${order.offer}/orders`,
    order: { ...order, url: urlOf({ name: host, redirection: null, tls }, httpOptions) },
    subject: orderSite === null ? null : { noun: 'site', id: orderSite, name: host },
  };
}

/** What all its members have in common is likely the cause, so the first one speaks for them. */
function batchProblem({ batchId, batchName, why, members, bad }: Row): ProblemJson {
  const first = bad.find(({ problem }) => problem !== null);
  const count = `${bad.length} of ${members} sites failed (${batchName})`;
  const names = namesShown(bad.map(({ name }) => name));
  return {
    code: first?.problem?.code ?? 'conflict',
    message: bad.length === 0 ? (why ?? count) : `${count}: ${names}${why === null ? '' : `. It stopped: ${why}`}`,
    causes: first?.problem ? [`${first.name}: ${first.problem.message}`, ...first.problem.causes] : [],
    hint: [first?.problem?.hint, `When that is mended: aegir batch retry ${batchId}.`].filter(Boolean).join(' '),
  };
}
