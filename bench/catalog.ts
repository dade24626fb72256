import { z } from 'zod';
import { applications } from '../src/applications/applications.ts';
import { engines } from '../src/services/engines.ts';
import type { WebProgram } from '../src/services/http/configuration.ts';
import { nginxEngine } from '../src/services/http/nginx.ts';
import { type Catalog, catalog } from '../src/tasks/catalog.ts';
import { taskType } from '../src/tasks/define.ts';
import { taskTypes } from '../src/tasks/task-types.ts';

/** One step that does nothing: what is measured is all around it. */
export const siteBench = taskType<Record<string, never>, object, Record<string, never>>({
  name: 'site bench',
  title: 'Do nothing',
  args: z.strictObject({}),
  from: ['enabled'],
  timeoutMs: 60_000,
  context: async () => ({}),
  check: async () => {},
  // There is nothing to put back: it did nothing.
  steps: () => [{ name: 'do nothing', run: async () => {}, undo: 'nothing' }],
  done: () => ({}),
  failed: () => ({}),
});

/** All that Aegir comes with, with the programs of a private nginx (JSON) in place of the system's, and the task that does nothing. */
export function benchCatalog(nginx: string | undefined): Catalog {
  const program = nginx === undefined ? undefined : (JSON.parse(nginx) as WebProgram); // programs.ts wrote it
  const all = program ? [...engines.filter(({ name }) => name !== 'nginx'), nginxEngine(program)] : engines;
  return catalog({ engines: all, applications, taskTypes, sweeps: [] }, [{ taskTypes: [siteBench] }]);
}
