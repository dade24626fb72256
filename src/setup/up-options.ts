import { parseArgs } from 'node:util';
import { hostName } from '../model/host-name.ts';
import { Problem } from '../model/problem.ts';

export type WebEngine = 'nginx' | 'apache';
export type DatabaseEngine = 'mysql' | 'postgresql' | 'sqlite';

export interface UpOptions {
  readonly help: boolean;
  readonly down: boolean;
  /** Undefined: not given, so what is there stays; on a fresh machine nginx, mysql and port 80. */
  readonly http: WebEngine | undefined;
  readonly db: DatabaseEngine | undefined;
  readonly port: number | undefined;
  /** Directory of an application, as it was given. */
  readonly platform: string | undefined;
  readonly site: string | undefined;
  readonly profile: string | undefined;
  /** False: stop before a platform and a site are made. */
  readonly wantsSite: boolean;
}

export const upHelp = `./up makes this Debian machine a hub of Aegir with a first site. Running it again does only what is missing.

  ./up                             nginx, MariaDB, and a site of what can be had: Drupal by Composer, else WordPress
  ./up --platform /root/drupal     with this code; it is copied below /var/aegir/platforms
  ./up --http apache --db postgresql --port 8080

  --platform PATH     directory of Drupal or WordPress (where index.php is)
  --site NAME         host name of the first site (site1.aegir.localhost)
  --profile NAME      installation profile of Drupal (the platform's own choice)
  --http ENGINE       nginx or apache (nginx)
  --db ENGINE         mysql, postgresql or sqlite, for the sites (mysql, which is MariaDB here)
  --port N            port for http (80); https is then on N + 363, as 8443 beside 8080
  --no-site           only the hub and its server
  --down              stop worker, hub and its database; sites go on
  --help              this text

DATABASE_URL in the environment makes the hub use that PostgreSQL (15 or newer) instead of its own.
`;

const tlsPortDistance = 443 - 80;
export const tlsPortOf = (port: number): number => port + tlsPortDistance;

/** Throws Problem 'invalid'. */
export function upOptions(argv: readonly string[]): UpOptions {
  const given = parse(argv);
  return {
    help: given.help === true,
    down: given.down === true,
    http: oneOf('http', given.http, ['nginx', 'apache']),
    db: oneOf('db', given.db, ['mysql', 'postgresql', 'sqlite']),
    port: portOf(given.port),
    platform: given.platform,
    site: given.site === undefined ? undefined : hostName(given.site),
    profile: given.profile,
    wantsSite: given['no-site'] !== true,
  };
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...argv],
      strict: true,
      allowPositionals: false,
      options: {
        help: { ...flag, short: 'h' },
        down: flag,
        http: text,
        db: text,
        port: text,
        platform: text,
        site: text,
        profile: text,
        'no-site': flag,
      },
    }).values;
  } catch (cause) {
    throw badFlags(cause);
  }
}

const badFlags = (cause: unknown): Problem =>
  new Problem('invalid', cause instanceof Error ? cause.message : String(cause), { hint: 'See ./up --help' });

function oneOf<const Word extends string>(
  flag: string,
  given: string | undefined,
  words: readonly Word[],
): Word | undefined {
  if (given === undefined) return undefined;
  const found = words.find((word) => word === given);
  if (!found)
    throw new Problem('invalid', `--${flag} is ${words.join(' or ')}, not '${given}'`, { hint: 'See ./up --help' });
  return found;
}

const highestPort = 65_535;

function portOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const port = Number(given);
  if (!/^\d+$/.test(given) || port < 1 || tlsPortOf(port) > highestPort)
    throw new Problem('invalid', `--port is a number from 1 to ${highestPort - tlsPortDistance}, not '${given}'`);
  return port;
}
