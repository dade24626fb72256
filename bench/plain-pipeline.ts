import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { SitePlace } from './real-size.ts';

/**
 * What an administrator would write into a shell to do the same without Aegir: the reference of `bench sites`. As root,
 * with none of Aegir's care: nothing is checked, probed, logged or put back.
 */
export interface PlainPipelines {
  /** A dump and an archive of the directory, both compressed with the quickest zstd. */
  backup(site: SitePlace): Promise<number>;
  /** Into a fresh database and directory, from what `backup` wrote. */
  restore(site: SitePlace): Promise<number>;
  /** `mariadb-dump | mariadb` and `cp -a`. */
  copy(site: SitePlace): Promise<number>;
  /** `mariadb-dump | sed | mariadb` into a fresh database, and `mv` there and back. */
  rename(site: SitePlace, newName: string): Promise<number>;
}

/** Everything goes below `directory`, which must be on the file system of the sites. Answers in seconds. */
export function plainPipelines(socket: string, directory: string): PlainPipelines {
  const client = `--no-defaults --user=root --socket='${socket}'`;
  const dump = (database: string): string => `mariadb-dump ${client} --single-transaction --quick ${database}`;
  const fresh = `mariadb ${client} -e 'drop database if exists plain_copy; create database plain_copy character set utf8mb4'`;
  const load = `mariadb ${client} plain_copy`;
  // What it made is thrown away outside of the measured time, so that one run does not pay for another.
  const clean = `rm -rf '${directory}/copy' && mkdir -p '${directory}/copy'`;
  return {
    backup: ({ database, directory: site }) =>
      timed(
        clean,
        `${dump(database)} | zstd -q -1 -f -o '${directory}/plain.sql.zst'; tar -C '${site}' -I 'zstd -q -1' -cf '${directory}/plain.tar.zst' .`,
      ),
    restore: () =>
      timed(
        `${clean}; ${fresh}`,
        `zstd -q -dc '${directory}/plain.sql.zst' | ${load}; tar -C '${directory}/copy' -I zstd -xf '${directory}/plain.tar.zst'`,
      ),
    copy: ({ database, directory: site }) =>
      timed(`${clean}; ${fresh}`, `${dump(database)} | ${load}; cp -a '${site}' '${directory}/copy/'`),
    rename: ({ database, directory: site, name }, newName) =>
      timed(
        `${clean}; ${fresh}`,
        `${dump(database)} | sed 's|${name}|${newName}|g' | ${load}; mv '${site}' '${site}.moved'; mv '${site}.moved' '${site}'`,
      ),
  };
}

const maxMs = 300_000;

/** Seconds that `script` takes, after `before`. A shell, because this is what a shell would do; all words in it are ours. */
async function timed(before: string, script: string): Promise<number> {
  await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', before], { timeout: maxMs });
  const startedAt = performance.now();
  await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { timeout: maxMs });
  return (performance.now() - startedAt) / 1000;
}
