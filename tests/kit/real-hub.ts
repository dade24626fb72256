import type { TestContext } from 'node:test';
import { applications } from '../../src/applications/applications.ts';
import { LocalMachine } from '../../src/machine/local.ts';
import type { Engine } from '../../src/services/engine.ts';
import { engines } from '../../src/services/engines.ts';
import { nginxEngine } from '../../src/services/http/nginx.ts';
import { catalog } from '../../src/tasks/catalog.ts';
import { taskTypes } from '../../src/tasks/task-types.ts';
import { type HubWithWorker, hubWithWorker } from './hub-with-worker.ts';
import type { RealFarm } from './real-farm.ts';

/** A hub that knows nothing yet, with a worker for the real servers of this farm. `own`: engines instead of those of the same type and name. */
export async function realHub(
  t: TestContext,
  { web, data }: RealFarm,
  own: readonly Engine[] = [],
): Promise<HubWithWorker> {
  const privates = [nginxEngine(web.program), ...own];
  const others = engines.filter((one) => !privates.some(({ type, name }) => type === one.type && name === one.name));
  const hub = await hubWithWorker(t, {
    open: (hands) => new LocalMachine(hands),
    catalog: catalog({ applications, taskTypes, sweeps: [], engines: [...others, ...privates] }, []),
  });
  await hub.call('setting set', { params: { name: 'site.fpm-socket' }, body: { value: data.fpmSocket } });
  return hub;
}

/** The same when it knows the farm's server as `master`, and its platform as `p1`. */
export async function realHubWithPlatform(
  t: TestContext,
  farm: RealFarm,
  own: readonly Engine[] = [],
): Promise<HubWithWorker> {
  const hub = await realHub(t, farm, own);
  const { call, done } = hub;
  const { data } = farm;
  const services = [
    { type: 'http', engine: 'nginx', options: { ...data.httpOptions } },
    { type: 'db', engine: 'mysql', options: { ...data.dbOptions } },
  ];
  await done((await call('server create', { body: { name: 'master', root: data.root, services } })).task);
  await done((await call('platform create', { body: { name: 'p1', root: data.platformRoot } })).task);
  return hub;
}
