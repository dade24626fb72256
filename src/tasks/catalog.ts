import type { ZodType } from 'zod';
import type { Application } from '../applications/application.ts';
import { isPermission } from '../model/permission.ts';
import { Problem } from '../model/problem.ts';
import type { Site } from '../model/site.ts';
import type { Engine } from '../services/engine.ts';
import type { SiteContext } from './context.ts';
import type { AddedSteps, TaskType } from './task-type.ts';

/** What a plug-in may know of a site when it adds lines for it. No secrets. */
export interface LinesFor extends Pick<SiteContext, 'platform' | 'server'> {
  readonly site: Omit<Site, 'database' | 'hashSalt' | 'cronKey' | 'pem'>;
}

/** Adds one task to every enabled subject, once per period. */
export interface Sweep {
  readonly name: string;
  readonly everyMs: number;
  /** Name of a task type: 'site verify'. */
  readonly task: string;
}

/** Data of a plug-in on servers or sites: kept by the hub, validated by the schema, in `server.data` and `site.data`. */
export interface AddedData {
  readonly noun: 'server' | 'site';
  /** The key in `data`; the plug-in's name. */
  readonly name: string;
  readonly schema: ZodType;
  /** Of a site: whether its clones begin with it. */
  readonly cloned?: boolean;
}

/** What `aegir.config.ts` may add. Everything is a value: nothing is discovered, nothing registers itself. */
export interface Extension {
  readonly engines?: readonly Engine[];
  readonly applications?: readonly Application[];
  readonly taskTypes?: readonly TaskType[];
  readonly sweeps?: readonly Sweep[];
  readonly data?: readonly AddedData[];
  /** Steps before or after a task's own. They are undone like all others. */
  readonly steps?: readonly AddedSteps[];
  /** Lines at the end of a site's settings, in the application's own language; [] for sites it does not concern. */
  readonly settingsLines?: readonly { readonly application: string; lines(site: LinesFor): readonly string[] }[];
  /** Lines in a site's virtual host, in the web server's own language. */
  readonly vhostLines?: readonly { readonly engine: string; lines(site: LinesFor): readonly string[] }[];
}

/** All there is: ours and what plug-ins add. */
export type Catalog = Required<Extension>;

/** Throws Problem 'invalid' when two of them have one name, or one speaks of a task type that there is not. */
export function catalog(
  own: Pick<Catalog, 'engines' | 'applications' | 'taskTypes' | 'sweeps'>,
  extensions: readonly Extension[],
): Catalog {
  const all = [own, ...extensions] as readonly Extension[]; // `own` is an Extension that has not all of them.
  const whole = {
    engines: all.flatMap(({ engines = [] }) => engines),
    applications: all.flatMap(({ applications = [] }) => applications),
    taskTypes: all.flatMap(({ taskTypes = [] }) => taskTypes),
    sweeps: all.flatMap(({ sweeps = [] }) => sweeps),
    data: all.flatMap(({ data = [] }) => data),
    steps: all.flatMap(({ steps = [] }) => steps),
    settingsLines: all.flatMap(({ settingsLines = [] }) => settingsLines),
    vhostLines: all.flatMap(({ vhostLines = [] }) => vhostLines),
  };
  demandOnce(whole);
  demandTaskTypes(whole);
  return whole;
}

function demandOnce({ engines, applications, taskTypes, sweeps, data }: Catalog): void {
  // Who may ask for a task is said by its name, among the permissions.
  const permission = taskTypes.find(({ name }) => isPermission(name));
  if (permission)
    throw new Problem('invalid', `the task type '${permission.name}' is called like a permission`, {
      hint: 'Give it a name of its own.',
    });
  const names = [
    ...engines.map(({ type, name }) => `the engine '${name}' for ${type}`),
    ...applications.map(({ name }) => `the application '${name}'`),
    ...taskTypes.map(({ name }) => `the task type '${name}'`),
    ...sweeps.map(({ name }) => `the sweep '${name}'`),
    ...data.map(({ noun, name }) => `the data '${name}' of a ${noun}`),
  ];
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined)
    throw new Problem('invalid', `${twice} is there twice`, {
      hint: 'Name each plug-in once in aegir.config.ts, and give what it adds a name of its own.',
    });
}

/** Which steps a task has is only known when it is opened; see define.ts. */
function demandTaskTypes({ taskTypes, sweeps, steps }: Catalog): void {
  const known = new Set(taskTypes.map(({ name }) => name));
  const missing = [
    ...sweeps.filter(({ task }) => !known.has(task)).map(({ name, task }) => `the sweep '${name}' adds '${task}'`),
    ...steps.filter(({ task }) => !known.has(task)).map(({ task }) => `a plug-in adds steps to '${task}'`),
  ];
  if (missing.length > 0)
    throw new Problem('invalid', `${missing[0]}, which is no task type`, {
      hint: `There are: ${[...known].join(', ')}.`,
    });
}

/** For `aegir.config.ts`: gives an editor the types. */
export const defineConfig = (...extensions: readonly Extension[]): readonly Extension[] => extensions;
