import { query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import { Problem } from '../../model/problem.ts';
import { webLogDirectory } from '../../model/server-layout.ts';
import type { AskedLog } from './http.ts';
import type { WebPaths } from './options.ts';

/**
 * Where our web servers write, on every server: ./up or `server bootstrap` makes it, closed to the users that sites run as, and has what is in it
 * rotated. Root opens the files. One for each server and not for each site: 10,000 open files would be too many.
 */
export const webLogs = webLogDirectory;

/** Where the directory is not, nothing is written: the web server would not start. */
export const withLogs = async (machine: Machine, paths: WebPaths, logs: string): Promise<WebPaths> => ({
  ...paths,
  logs: (await machine.stat(logs)) === null ? null : logs,
});

/** As far back as is looked. */
const bytesMax = 64 * 1024 * 1024;
const timeoutMs = 8000;
/** More would not fit into one argument. */
const namesMax = 400;

/** `pattern` is the regular expression of a line, given one of the names. */
export async function lastLines(
  machine: Machine,
  path: string,
  { names, linesMax }: AskedLog,
  pattern: (name: string) => string,
): Promise<readonly string[]> {
  if ((await machine.stat(path)) === null)
    throw new Problem('not-found', `the web server of ${machine.name} has written no ${path} yet`, {
      hint: `Where its directory is not, ./up makes it, or on another server aegir server bootstrap; then aegir server verify ${machine.name} makes the web server write there.`,
    });
  const wanted = pattern(`(${names.slice(0, namesMax).map(expression).join('|')})`);
  const { stdout } = await machine.pipe({
    commands: [
      { ...query`tail -c ${bytesMax} ${path}`, timeoutMs, quiet: true },
      { ...query`grep -aiE -e ${wanted}`, allow: [0, 1], timeoutMs, quiet: true },
      { ...query`tail -n ${linesMax}`, timeoutMs, quiet: true },
    ],
  });
  return stdout.split('\n').filter((line) => line !== '');
}

/** Of host names, which hold nothing else that means something there. */
const expression = (name: string): string => name.replaceAll('.', '\\.').replace(/^\*/, '[^] "]+');
