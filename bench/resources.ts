import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Progress, for who waits. */
export const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** What a bench started, ended in reverse order when it is over, when it fails and when it is interrupted. */
export interface Resources {
  /** Called once. What one of them throws does not keep the others from being ended. */
  defer(end: () => unknown): void;
  /** A new directory that every user may enter, gone at the end. */
  directory(name: string): Promise<string>;
}

export async function withResources<T>(action: (resources: Resources) => Promise<T>): Promise<T> {
  const ends: (() => unknown)[] = [];
  let ending: Promise<void> | undefined;
  const endAll = (): Promise<void> => {
    ending ??= endThem(ends);
    return ending;
  };
  const giveUp = (why: unknown): void => {
    say(`ending what was started: ${why instanceof Error ? (why.stack ?? why.message) : String(why)}`);
    void endAll().finally(() => process.exit(typeof why === 'string' ? 130 : 2));
  };
  // The last two: a fault outside of any promise that is awaited would end us before what we started.
  const events = ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException', 'unhandledRejection'] as const;
  for (const event of events) process.on(event, giveUp);
  const resources: Resources = {
    defer: (end) => void ends.push(end),
    async directory(name) {
      const path = await mkdtemp(join(tmpdir(), `aegir-bench-${name}-`));
      ends.push(() => rm(path, { recursive: true, force: true, maxRetries: 5 }));
      await chmod(path, 0o755);
      return path;
    },
  };
  try {
    return await action(resources);
  } finally {
    await endAll();
    for (const event of events) process.removeListener(event, giveUp);
  }
}

async function endThem(ends: (() => unknown)[]): Promise<void> {
  for (let end = ends.pop(); end !== undefined; end = ends.pop())
    try {
      await end();
    } catch (error) {
      say(`could not clean up: ${error instanceof Error ? error.message : String(error)}`);
    }
}
