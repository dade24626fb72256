import { type Kysely, sql } from 'kysely';
import type { z } from 'zod';
import { Problem } from '../../model/problem.ts';
import type { Holding } from '../held-task.ts';
import type { Tables } from '../tables.ts';
import type { agentBodies } from './shapes.ts';

type Found = z.output<typeof agentBodies.record>['found'];
type Outcome = z.output<typeof agentBodies.end>['outcome'];

/**
 * What an agent writes is of the noun that its task is about, of a backup that the task is about, and of records at services
 * that the site uses. (Which site or platform is not for it to say.) Throws Problem 'forbidden'.
 */
export async function demandOwn(db: Kysely<Tables>, task: Holding, said: Found | Outcome): Promise<void> {
  const { subjectType: noun } = task;
  const strange = (['site', 'platform'] as const).some((one) => said[one] && one !== noun);
  if (strange || ('copy' in said && said.copy && noun !== 'site')) throw notOfTask(task);
  if (said.backup && 'id' in said.backup) await demandAbout(db, task, 'backup', said.backup.id);
  else if (said.backup && noun !== 'backup') throw notOfTask(task);
  const records = said.site?.records ?? [];
  if (records !== 'undone') await demandRecords(db, task, new Set(records.map(({ service }) => service)));
}

/** One of the sites, platforms and backups that a task is about: `task_about` in schema/0036-agents.sql. */
export async function demandAbout(db: Kysely<Tables>, task: Holding, noun: string, id: string): Promise<void> {
  const { rows } = await sql`
    select from task, task_about(task) as about
    where task.id = ${task.taskId} and about.noun = ${noun} and about.id = ${id}`.execute(db);
  if (rows.length === 0) throw notOfTask(task);
}

async function demandRecords(db: Kysely<Tables>, task: Holding, services: ReadonlySet<string>): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    select dns_service_id as id from site where id = ${task.subjectId} and dns_service_id is not null
    union select service_id from dns_record where site_id = ${task.subjectId}`.execute(db);
  const known = new Set(rows.map(({ id }) => id));
  if ([...services].some((service) => !known.has(service))) throw notOfTask(task);
}

const notOfTask = ({ taskId }: Holding): Problem =>
  new Problem('forbidden', `this is not what task ${taskId} is about`, {
    hint: 'An agent reads and writes what its task is about, and nothing else.',
  });
