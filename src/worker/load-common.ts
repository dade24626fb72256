import type { ServiceOnServer } from '../hub/task-rows/service-rows.ts';
import { Problem } from '../model/problem.ts';
import type { Relay } from '../services/file/relay.ts';
import type { CommonFiles, SiteContext } from '../tasks/context.ts';
import { type Loading, type OpenServer, openServer, secretsOf, withFiles } from './load-rows.ts';

type Place = Pick<SiteContext, 'server'>;

/** A file service as one of the two servers has it. */
interface Opened {
  readonly service: ServiceOnServer;
  readonly relay: Relay;
  demandRoom(bytes: number): Promise<void>;
}

/** Shares first. Which of them are what they should be, only a look at both servers shows. */
export async function loadCommon(
  loading: Loading,
  { server: one }: Place,
  { server: other }: Place,
): Promise<readonly CommonFiles[]> {
  if (one.host === other.host) return [];
  const { from, to, files } = await loading.rows.common(one.id, other.id);
  const secrets = files.flatMap(({ service }) => secretsOf(service));
  const [source, target] = [openServer(loading, from, secrets), openServer(loading, to, secrets)];
  const writers = files.flatMap(({ service, byFrom }) => (byFrom ? openOn(loading, service, source) : []));
  const readers = files.flatMap(({ service, byTo }) => (byTo ? openOn(loading, service, target) : []));
  const pairs = writers.flatMap((writer) =>
    readers
      .filter((reader) => mayMeet(writer, reader, [one.host, other.host]))
      .map((reader) => [writer, reader] as const),
  );
  const common = pairs.map(
    ([writer, reader]): CommonFiles => ({
      server: writer.service.server.name,
      from: writer.relay,
      to: reader.relay,
      demandRoom: (bytes) => writer.demandRoom(bytes),
    }),
  );
  return [
    ...common.filter(({ from: { kind } }) => kind === 'share'),
    ...common.filter(({ from: { kind } }) => kind === 'login'),
  ];
}

/** One share may be the file service of both. By a server that is neither the bytes would go twice, as they do through us. */
function mayMeet(writer: Opened, reader: Opened, hosts: readonly string[]): boolean {
  if (writer.relay.kind === 'share') return reader.relay.kind === 'share';
  return writer.service.id === reader.service.id && hosts.includes(writer.service.server.host);
}

/** Nothing where its engine keeps whole files only, or cannot be used from that server. */
function openOn(loading: Loading, service: ServiceOnServer, at: OpenServer): readonly Opened[] {
  try {
    const { files } = withFiles(loading, service, at);
    return files?.relay ? [{ service, relay: files.relay, demandRoom: (bytes) => files.demandRoom(bytes) }] : [];
  } catch (error) {
    if (error instanceof Problem && error.code === 'invalid') return [];
    throw error;
  }
}
