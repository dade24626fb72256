import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { PrivateMariadb } from './databases.ts';

/** Ends connections of others to MariaDB as they come, from one of its own. */
export interface Killer {
  /** Answers how many it has ended. */
  stop(): Promise<number>;
}

/**
 * At work when this is resolved. `whom` is SQL over information_schema.processlist as `p`. `most`: so many, then it
 * only waits. It looks every millisecond, within the server.
 */
export async function startKiller({ socket }: PrivateMariadb, whom: string, most: number): Promise<Killer> {
  // Not a statement: who sends one might be killed for it.
  const stopFile = join(dirname(socket), 'killer-stop');
  await rm(stopFile, { force: true });
  const args = ['--no-defaults', `--socket=${socket}`, '--user=root', '--batch', '--skip-column-names', '--unbuffered'];
  const child = spawn('mariadb', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  child.stdin.end(`select 'ready';\ndelimiter //\n${loop(whom, most, stopFile)}//\n`);
  await lines.next();
  return {
    async stop() {
      await writeFile(stopFile, 'stop', { mode: 0o644 });
      const { value } = await lines.next();
      await gone;
      return Number(value);
    },
  };
}

/** 1094: it was gone before we came. */
const loop = (whom: string, most: number, stopFile: string): string => `begin not atomic
  declare victim, killed bigint default 0;
  declare continue handler for 1094 set killed = killed - 1;
  while load_file('${stopFile}') is null do
    set victim = null;
    if killed < ${most} then
      select min(p.id) into victim from information_schema.processlist p
        where p.id <> connection_id() and p.command not in ('Daemon', 'Killed') and (${whom});
    end if;
    if victim is null then
      do sleep(0.001);
    else
      set killed = killed + 1;
      execute immediate concat('kill connection ', victim);
    end if;
  end while;
  select killed;
end`;
