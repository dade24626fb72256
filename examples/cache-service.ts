import { z } from 'zod';
import { command } from '../src/machine/command.ts';
import { type Changes, putFile } from '../src/machine/put.ts';
import { Problem } from '../src/model/problem.ts';
import { Secret } from '../src/model/secret.ts';
import { type EngineHost, engine } from '../src/services/engine.ts';
import type { Extension } from '../src/tasks/catalog.ts';

/**
 * Example 1: a new service with its engine.
 *
 * A server can then be given a service of the type `cache`, as it can be given `http` and `db`:
 *
 *     aegir service create master cache --engine redis --option memoryMb=256
 *
 * The hub validates the options by the schema below, seals those that are secret, and adds `server verify`, which calls
 * `verify` of every service of the server.
 */
export const cacheService: Extension = {
  engines: [
    engine({
      type: 'cache',
      name: 'redis',
      title: 'Redis',
      options: z.strictObject({
        port: z.int().min(1).max(65_535).default(6379),
        memoryMb: z.int().min(16).max(1_000_000).default(64).describe('What it may use; then it forgets the oldest'),
        password: z
          .string()
          .regex(/^[A-Za-z0-9_-]{16,128}$/, 'is not 16 to 128 letters, digits, _ and -')
          .optional(),
      }),
      // Sealed in the hub's database, answered by no API, dots in every log.
      secrets: ['password'],
      open: (host, options) => ({ verify: () => verify(host, options) }),
    }),
  ],
};

interface Options {
  readonly port: number;
  readonly memoryMb: number;
  readonly password?: string | undefined;
}

/**
 * Twice is the same as once: what is as wanted is not touched, and the answer says what was changed. What the service
 * refuses is put back.
 */
async function verify({ machine, paths }: EngineHost, options: Options): Promise<Changes> {
  // To be included by /etc/redis/redis.conf, so that it holds after a restart too.
  const path = `${paths.config}/redis.conf`;
  const before = await machine.read(path);
  const changes = await putFile(machine, path, `maxmemory ${options.memoryMb}mb\nmaxmemory-policy allkeys-lru\n`, {
    mode: '0644',
  });
  try {
    const { stdout } = await machine.run({
      ...command`redis-cli -p ${options.port}`,
      // The password goes in here and not into an argument, which every user of the server could see.
      stdin: new Secret(
        [
          ...(options.password === undefined ? [] : [`AUTH ${options.password}`]),
          `CONFIG SET maxmemory ${options.memoryMb}mb`,
          'CONFIG SET maxmemory-policy allkeys-lru',
          'PING',
          '',
        ].join('\n'),
      ),
      dryStdout: 'PONG',
    });
    demandPong(stdout, machine.name);
  } catch (error) {
    if (changes.length > 0)
      await (before === null ? machine.remove(path) : machine.write(path, before, { mode: '0644' }));
    throw error;
  }
  return changes;
}

/** redis-cli ends with 0 whatever the server said. */
function demandPong(said: string, server: string): void {
  const refused = said.split('\n').find((line) => /^(?:ERR|NOAUTH|WRONGPASS|NOPERM)\b/.test(line));
  if (refused === undefined && said.trim().endsWith('PONG')) return;
  throw new Problem(
    'configuration-refused',
    `Redis on ${server} says: ${refused ?? (said.trim().slice(0, 200) || 'nothing')}`,
    {
      hint: 'Correct port and password of the service: aegir service set <server> cache.',
    },
  );
}
