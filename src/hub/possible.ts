import { type Kysely, sql } from 'kysely';
import { Problem } from '../model/problem.ts';
import type { Noun, TaskType } from '../tasks/task-type.ts';
import { type Owned, refused, whyNotAllowed } from './access.ts';
import type { Asked, Asking, Hub } from './hub.ts';
import type { Subject } from './queue.ts';
import type { Tables } from './tables.ts';

/** A task that has not ended, or is stuck. */
export interface Outstanding {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly subjectId: string;
}

export interface PossibleTask {
  readonly name: string;
  readonly title: string;
  readonly possible: boolean;
  readonly reason?: string;
}

/** By subject's id. Dry runs change nothing, so they stand in nobody's way. */
export async function outstanding(
  db: Kysely<Tables>,
  noun: Noun,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly Outstanding[]>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<Outstanding>`
    select id, name, status, subject_id from task
    where subject_type = ${noun} and subject_id = any (${[...ids]}::bigint[])
      and status in ('queued', 'running', 'stuck') and not dry_run order by id`.execute(db);
  return Map.groupBy(rows, ({ subjectId }) => subjectId);
}

/** Every task type of the noun, with the reason why the caller cannot ask for it now. */
export const possibleTasks = (
  { hub: { catalog }, caller }: Pick<Asked, 'hub' | 'caller'>,
  noun: Noun,
  { status, client, isLocked = false }: { readonly status: string; readonly isLocked?: boolean } & Owned,
  tasks: readonly Outstanding[] = [],
): PossibleTask[] =>
  catalog.taskTypes
    .filter((type) => type.noun === noun)
    .map((type) => {
      const reason =
        whyNotAllowed(caller, type.name, { client }) ??
        whyNot(type, status, tasks) ??
        (isLocked ? whyNotLocked(type) : null) ??
        (type.hasCopy ? whyNotMoved(catalog, tasks) : null);
      return { name: type.name, title: type.title, possible: reason === null, ...(reason !== null && { reason }) };
    });

function whyNot(type: TaskType, status: string, tasks: readonly Outstanding[]): string | null {
  if (status === 'deleted') return 'It is deleted.';
  const stuck = tasks.find((task) => task.status === 'stuck');
  if (stuck)
    return `Task ${stuck.id} (${stuck.name}) is stuck: look why, then aegir task retry ${stuck.id} or aegir task settle ${stuck.id}.`;
  const deleting = tasks.find(({ name }) => name === `${type.noun} delete`);
  if (deleting) return `It is being deleted by task ${deleting.id}.`;
  const same = tasks.find(({ name }) => name === type.name);
  if (same && !type.coalesce) return `Task ${same.id} does it already: it is ${same.status}.`;
  if (!type.from.includes(status)) return `Not possible while it is ${status}, only when ${type.from.join(' or ')}.`;
  return null;
}

const whyNotLocked = ({ name }: TaskType): string | null =>
  name === 'site enable' ? 'Its client is locked: it is enabled when the client is unlocked.' : null;

/** When it is asked for all the same, `allocateCopy` says the same. */
function whyNotMoved({ taskTypes }: Hub['catalog'], tasks: readonly Outstanding[]): string | null {
  const moving = tasks.find((task) => taskTypes.some(({ name, hasCopy }) => hasCopy && name === task.name));
  return moving ? `Task ${moving.id} (${moving.name}) moves it: it is ${moving.status}.` : null;
}

/** Throws Problem 'wrong-status' with the reason. The caller holds the subject's row. */
export async function demandPossible(db: Kysely<Tables>, type: TaskType, subject: Subject): Promise<void> {
  const tasks = (await outstanding(db, type.noun, [subject.id])).get(subject.id) ?? [];
  const reason =
    whyNot(type, subject.status, tasks) ?? ((await isOfLocked(db, type, subject)) ? whyNotLocked(type) : null);
  if (reason === null) return;
  throw new Problem('wrong-status', `'${type.name}' is not possible for ${subject.name} now`, { hint: reason });
}

async function isOfLocked(db: Kysely<Tables>, { noun }: TaskType, { id }: Subject): Promise<boolean> {
  if (noun !== 'site') return false;
  const { rows } = await sql`
    select from site join client on client.id = site.client_id
    where site.id = ${id} and client.status = 'locked'`.execute(db);
  return rows.length > 0;
}

/** Throws Problem 'forbidden'. Of a subject that the caller may see. */
export async function demandAllowed({ tx, caller }: Asking, type: Pick<TaskType, 'noun' | 'name'>, subject: string) {
  const owned = { client: await ownerOf(tx, type.noun, subject) };
  if (whyNotAllowed(caller, type.name, owned) !== null) throw refused(caller, `ask for '${type.name}'`, owned);
}

/** Id of the client whose it is; null: it is the hub's own. */
export async function ownerOf(tx: Kysely<Tables>, noun: string, id: string): Promise<string | null> {
  if (noun === 'certificate') {
    const found = await sql<{ client: string }>`select client_id as client from certificate where id = ${id}`.execute(
      tx,
    );
    return found.rows[0]?.client ?? null;
  }
  if (noun !== 'site' && noun !== 'backup') return null;
  const { rows } = await sql<{ client: string | null }>`
    select site.client_id as client from site
    where site.id = ${noun === 'site' ? id : sql`(select site_id from backup where id = ${id})`}`.execute(tx);
  return rows[0]?.client ?? null;
}

/** Throws Problem 'invalid' for a name that no task type of the noun has. */
export function taskTypeOf({ catalog }: Pick<Hub, 'catalog'>, noun: Noun, name: string): TaskType {
  const own = catalog.taskTypes.filter((type) => type.noun === noun);
  const found = own.find((type) => type.name === name);
  if (found) return found;
  throw new Problem('invalid', `'${name}' is not a task of a ${noun}`, {
    hint: `There are: ${own.map((type) => type.name).join(', ')}.`,
    fields: [{ path: 'name', message: `is not a task of a ${noun}` }],
  });
}
