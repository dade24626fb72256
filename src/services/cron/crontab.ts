import { z } from 'zod';
import { asUser } from '../../machine/as-user.ts';
import { type Command, command, show } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import { type Changes, putDirectory, putFile } from '../../machine/put.ts';
import { platformRoot } from '../../model/platform.ts';
import { Problem } from '../../model/problem.ts';
import { type Engine, type EngineHost, engine } from '../engine.ts';
import type { Cron, CronJob } from './cron.ts';
import { crontabTime } from './crontab-time.ts';

type Program = Command['argv'];

/** The server's own cron: a line for each site in the crontab of Aegir's user, between lines of others, which stay as they are. */
export const crontabEngine = (program: Program): Engine =>
  engine({
    type: 'cron',
    name: 'crontab',
    title: "The server's own cron, with a line for each site",
    options: z.strictObject({}),
    open: (host) => new Crontab(host, program),
  });
export const crontab = crontabEngine(['crontab']);

/** Takes away what `crontab` has left: for servers whose sites the hub sees to, which is what is done without any such service. */
export const noCrontabEngine = (program: Program): Engine =>
  engine({
    type: 'cron',
    name: 'hub',
    title: 'The hub runs it, by its queue',
    options: z.strictObject({}),
    open: (host): Cron => ({
      verify: () => new Crontab(host, program).clear(),
      exists: async () => false,
      create: async () => [],
      destroy: async () => undefined,
    }),
  });
export const noCrontab = noCrontabEngine(['crontab']);

class Crontab implements Cron {
  readonly #machine: Machine;
  readonly #directory: string;
  readonly #program: Program;

  constructor({ machine, paths }: EngineHost, program: Program) {
    this.#machine = machine;
    this.#directory = `${paths.config}/cron`;
    this.#program = program;
  }

  async verify(): Promise<Changes> {
    if (!platformRoot.test(this.#directory))
      throw new Problem('invalid', `${this.#directory} cannot be written into a crontab`, {
        hint: 'Letters, digits, dots, dashes and slashes are possible.',
      });
    const changes = await putDirectory(this.#machine, this.#directory, { mode: '0700' });
    await this.#read();
    return changes;
  }

  async exists(siteId: string): Promise<boolean> {
    return (await this.#read()).some((line) => this.#siteOf(line) === siteId);
  }

  async create(job: CronJob): Promise<Changes> {
    const php = await asUser(this.#machine, job.runUser, command`php`);
    const file = this.#file(job.siteId);
    // 'flock': one that takes longer than its period is not begun again beside itself.
    const line = `${crontabTime(job.everySeconds, job.siteId)} flock -n ${file} ${show(php)} < ${file} > ${this.#directory}/${job.siteId}.last 2>&1 # aegir`;
    const changes = await putFile(this.#machine, file, job.script, { mode: '0600', hidden: true });
    const isChanged = await this.#change((lines) =>
      lines.includes(line) && this.#own(lines, job.siteId).length === 1
        ? lines
        : [...lines.filter((one) => this.#siteOf(one) !== job.siteId), line],
    );
    return isChanged ? [...changes, `wrote the line of site ${job.siteId} into the crontab`] : changes;
  }

  async destroy(siteId: string): Promise<void> {
    if (!(await this.#machine.stat(this.#directory))) return;
    await this.#change((lines) => lines.filter((line) => this.#siteOf(line) !== siteId));
    await this.#machine.remove(this.#file(siteId));
    await this.#machine.remove(`${this.#directory}/${siteId}.last`);
  }

  /** All of this server. */
  async clear(): Promise<Changes> {
    if (!(await this.#machine.stat(this.#directory))) return [];
    const isChanged = await this.#change((lines) => lines.filter((line) => this.#siteOf(line) === null));
    await this.#machine.remove(this.#directory);
    return [`removed ${this.#directory}`, ...(isChanged ? ['removed all our lines from the crontab'] : [])];
  }

  /** One at a time over all workers: the program only knows the whole of it. False: nothing was to be changed. */
  #change(action: (lines: readonly string[]) => readonly string[]): Promise<boolean> {
    return this.#machine.exclusively(this.#directory, async () => {
      const before = await this.#read();
      const after = action(before);
      if (after.length === before.length && after.every((line, at) => line === before[at])) return false;
      const [was, is] = [before, after].map((lines) => lines.map((line) => `${line}\n`).join(''));
      await this.#machine.run({
        ...{ argv: [...this.#program, '-'], timeoutMs: 30_000, allow: [0], effect: 'changes', quiet: true },
        stdin: is ?? '',
        rewrites: { what: 'crontab', before: was ?? '', after: is ?? '' },
      });
      return true;
    });
  }

  /** Its lines; none where the user has no crontab. */
  async #read(): Promise<readonly string[]> {
    const { exitCode, stdout, stderr } = await this.#machine.run({
      ...{ argv: [...this.#program, '-l'], timeoutMs: 30_000, allow: [0, 1, 127], effect: 'reads', quiet: true },
    });
    if (exitCode === 0) return stdout === '' ? [] : stdout.replace(/\n$/, '').split('\n');
    if (exitCode === 1 && /^no crontab for /m.test(stderr)) return [];
    throw new Problem('command-failed', `the crontab of ${this.#machine.name} cannot be read: ${stderr.trim()}`, {
      hint: "Install Debian's package cron there, and let Aegir's user have a crontab (/etc/cron.allow).",
    });
  }

  /** The id of the site that a line is for; null: it is not ours. */
  #siteOf(line: string): string | null {
    const [, directory, id] = / < (\/\S+)\/(\d+)\.php > \S+ 2>&1 # aegir$/.exec(line) ?? [];
    return directory === this.#directory && id !== undefined ? id : null;
  }

  #own(lines: readonly string[], siteId: string): readonly string[] {
    return lines.filter((line) => this.#siteOf(line) === siteId);
  }

  #file(siteId: string): string {
    return `${this.#directory}/${siteId}.php`;
  }
}
