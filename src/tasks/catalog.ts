import type { ZodType } from 'zod';
import type { Application } from '../applications/application.ts';
import type { Engine } from '../services/engine.ts';
import type { SiteContext } from './context.ts';
import type { AddedSteps, TaskType } from './task-type.ts';

/** What a plug-in may know of a site when it adds lines for it. No secrets. */
export type LinesFor = Pick<SiteContext, 'site' | 'platform' | 'server'>;

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

export function catalog(
  own: Pick<Catalog, 'engines' | 'applications' | 'taskTypes' | 'sweeps'>,
  extensions: readonly Extension[],
): Catalog {
  const all = [own, ...extensions] as readonly Extension[]; // `own` is an Extension that has not all of them.
  return {
    engines: all.flatMap(({ engines = [] }) => engines),
    applications: all.flatMap(({ applications = [] }) => applications),
    taskTypes: all.flatMap(({ taskTypes = [] }) => taskTypes),
    sweeps: all.flatMap(({ sweeps = [] }) => sweeps),
    data: all.flatMap(({ data = [] }) => data),
    steps: all.flatMap(({ steps = [] }) => steps),
    settingsLines: all.flatMap(({ settingsLines = [] }) => settingsLines),
    vhostLines: all.flatMap(({ vhostLines = [] }) => vhostLines),
  };
}

/** For `aegir.config.ts`: gives an editor the types. */
export const defineConfig = (...extensions: readonly Extension[]): readonly Extension[] => extensions;
