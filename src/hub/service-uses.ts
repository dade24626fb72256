import { sql } from 'kysely';
import { Problem } from '../model/problem.ts';
import type { Engine } from '../services/engine.ts';
import type { Asked } from './hub.ts';
import type { Subject } from './queue.ts';
import type { Options } from './service-options.ts';

interface WebRow {
  readonly server: string;
  readonly engine: string;
  readonly options: Options;
}

/** All web servers, by the name of their server. Few are clusters, but which ones only their engines know. */
async function webs({ tx }: Pick<Asked, 'tx'>): Promise<readonly WebRow[]> {
  const { rows } = await sql<WebRow>`
    select server.name as server, service.engine, service.options from service join server on server.id = service.server_id
    where service.type = 'http' and service.status <> 'deleted' and server.status <> 'deleted'
    order by server.name`.execute(tx);
  return rows;
}

const usesOf = ({ hub }: Pick<Asked, 'hub'>, { engine: name, options }: WebRow): readonly string[] =>
  hub.catalog.engines.find(({ type, name: one }) => type === 'http' && one === name)?.uses(options) ?? [];

/** Throws Problem 'invalid' where it would publish by a server that has no web server, or one that publishes by others itself. */
export async function demandUsable(asked: Asked, server: Subject, engine: Engine, options: Options): Promise<void> {
  const names = engine.uses(options);
  if (names.length === 0) return;
  const all = new Map((await webs(asked)).map((web) => [web.server, web]));
  for (const name of names) {
    const web = all.get(name);
    const why =
      name === server.name
        ? 'is the server itself'
        : !web
          ? 'has no web server'
          : usesOf(asked, web).length > 0
            ? 'publishes by others itself'
            : null;
    if (why === null) continue;
    throw new Problem('invalid', `${server.name} cannot publish by ${name}: it ${why}`, {
      hint: 'Name servers with a service http of nginx or Apache.',
      fields: [{ path: 'options.members', message: `${name} ${why}` }],
    });
  }
}

/** Throws Problem 'in-use' where a cluster publishes by this server's web server. */
export async function demandNoMember(asked: Asked, server: Subject): Promise<void> {
  const cluster = (await webs(asked)).find((web) => usesOf(asked, web).includes(server.name));
  if (!cluster) return;
  throw new Problem('in-use', `${cluster.server} publishes its sites by ${server.name}`, {
    hint: `Take it from there first: aegir service set ${cluster.server} http --option 'members=[…]'.`,
  });
}
