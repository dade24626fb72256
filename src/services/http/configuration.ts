import { type Command, command, query } from '../../machine/command.ts';
import type { Machine, Output } from '../../machine/machine.ts';
import { type Changes, putManyDirectories } from '../../machine/put.ts';
import { Problem } from '../../model/problem.ts';
import type { Secret } from '../../model/secret.ts';
import { KeptRoom } from './kept-room.ts';
import type { WebPaths } from './options.ts';
import { markPath } from './rules.ts';
import { sectionsOf, withSection } from './sections.ts';

/** The three things we ask a web server's program. Given by code, never by options: an option must not name a program. */
export interface WebProgram {
  readonly test: readonly [string, ...string[]];
  readonly reload: readonly [string, ...string[]];
  readonly version: readonly [string, ...string[]];
  /** File in which its main process keeps its id. */
  readonly pidPath: string;
  /** Directory that it writes its logs of sites into, if it is there. */
  readonly logs: string;
}

/** A file as it is to be, or the section of a site in a file that many share: `text` null is absent. */
export interface Wanted {
  readonly path: string;
  readonly site?: string;
  readonly text: string | null;
}

export interface Change {
  readonly wanted: readonly Wanted[];
  /** More that is wanted, found out when no other change can come between. */
  also(): Promise<readonly Wanted[]>;
  /** What is behind the server's words, if that can be said better. Asked while the refused files are still there. */
  explain?(said: string): Promise<Problem | null>;
  /** Which of what was there before comes back after others may have built on what is new: all, if not given. */
  mayReturn?(old: readonly Wanted[]): Promise<readonly Wanted[]>;
  /** Whose configuration this is, for messages. */
  readonly of: string;
  /** Kept out of messages. */
  readonly secrets: readonly Secret[];
  /** How it shows that it is in force. What does not show it in time is put back. */
  readonly sign: Sign;
}

/** The server answers `status` for this host and mark once the change is in force, and something else before. */
export interface Sign {
  /** 'http://127.0.0.1:80' */
  readonly at: string;
  readonly host: string;
  readonly mark: string;
  readonly status: '204' | '404';
}

/** What a dry run takes for the answer of a reload: there is nothing then that could come into force. */
const notReloaded = 'not reloaded';

/** So many looks whether a reload is in force; each takes curl 0.16 s. */
const looksMax = 180;
/** Answers that must be alike, 20 ms apart. */
const asksMax = 9;

/**
 * The configuration of one web server. Changes are all or nothing: written, tested as a whole, reloaded; what the
 * server refuses is put back. A journal on disk puts back what a killed worker left half done, before the next change.
 */
export class Configuration {
  readonly #machine: Machine;
  readonly #paths: WebPaths;
  readonly #title: string;
  readonly #program: WebProgram;
  readonly #room: KeptRoom;
  #isDryRun = false;

  constructor(machine: Machine, paths: WebPaths, title: string, program: WebProgram) {
    this.#machine = machine;
    this.#paths = paths;
    this.#title = title;
    this.#program = program;
    this.#room = new KeptRoom(machine, paths.config);
  }

  /** The server's own files. Where nothing was to be written, nothing was tested either: somebody else's file may be broken, or the server not running. */
  async putMain(wanted: readonly Wanted[], sign: Sign): Promise<Changes> {
    const of = 'the configuration of the server';
    const changes = await this.put({ wanted, also: async () => [], of, secrets: [], sign });
    if (changes.length > 0) return changes;
    await this.test();
    if (await this.isInForce(sign)) return [];
    await this.reload();
    await this.inForce(sign);
    return [];
  }

  async put(change: Change): Promise<Changes> {
    // The usual case of a verify: one look, no lock, nothing touched.
    if (await this.#isSo(change.wanted)) return [];
    const { changes, old } = await this.#change(change);
    if (changes.length === 0) return [];
    try {
      await this.inForce(change.sign);
    } catch (error) {
      await this.#change({ ...change, wanted: [], also: async () => (await change.mayReturn?.(old)) ?? old });
      await this.#look(change.sign, false);
      throw error;
    }
    return changes;
  }

  #change(change: Change): Promise<{ changes: Changes; old: readonly Wanted[] }> {
    const { wanted: first, also, sign } = change;
    return this.#machine.exclusively(this.#paths.lock, async () => {
      const recovered = await this.#recover();
      const wanted = [...first, ...(await also())];
      const texts = await this.#machine.readMany(wanted.map(({ path }) => path));
      const old = wanted.map((one) => ({ ...one, text: present(one, texts) }));
      const changes = wanted.flatMap((one, index) => sentence(one, old[index]?.text ?? null));
      if (changes.length === 0 && !recovered) {
        // The same text with other rights: nothing to load again.
        await this.#write(wanted);
        return { changes: [], old };
      }
      await this.#room.write(this.#paths.journal, JSON.stringify(old));
      let reloading = false;
      try {
        await this.#write(wanted.filter(({ text }, index) => text !== old[index]?.text));
        await this.#test(change);
        reloading = true;
        await this.reload();
      } catch (error) {
        await this.#putBack(old, reloading ? sign : null, error);
      }
      await this.#machine.remove(this.#paths.journal);
      await this.#room.keep();
      return { changes: recovered ? ['put back what an interrupted change had left', ...changes] : changes, old };
    });
  }

  async #putBack(old: readonly Wanted[], loaded: Sign | null, error: unknown): Promise<never> {
    await this.#restore(old);
    await this.#machine.remove(this.#paths.journal);
    // What we changed is back, and it is still refused: then it was not us.
    const after = await this.#refusal([]);
    if (after) throw this.#refused(after, null, error);
    // A reload that failed may have been heard all the same.
    if (loaded) {
      await this.#run(this.#program.reload, 'changes');
      await this.#look(loaded, false);
    }
    throw error;
  }

  /** Asks the whole configuration; throws 'configuration-refused' with the server's own words. */
  async test(): Promise<void> {
    const refusal = await this.#refusal([]);
    if (refusal) throw this.#refused(refusal, null, undefined);
  }

  async reload(): Promise<void> {
    const { exitCode, stderr, stdout } = await this.#run(this.#program.reload, 'changes');
    if (stdout === notReloaded) this.#isDryRun = true;
    if (exitCode === 0) return;
    throw new Problem('command-failed', `${this.#title} did not reload: ${words(stderr || stdout)}`, {
      hint: `Is ${this.#title} running, and may we reload it (sudoers)?`,
    });
  }

  /** Waits until the change shows; at most half a minute, then Problem 'timeout'. */
  async inForce(sign: Sign): Promise<void> {
    if (await this.#look(sign, true)) return;
    throw new Problem('timeout', `${this.#title} does not answer for ${sign.host} as its new configuration says`, {
      hint: `Look into its error log (another program may have one of its ports: ss -ltnp), and whether its configuration includes ${this.#paths.main}: aegir server bootstrap (here: ./up) sees to that.`,
    });
  }

  /** One look, without waiting. */
  async isInForce(sign: Sign): Promise<boolean> {
    return (await this.#ask(sign)).every((answer) => answer === sign.status);
  }

  /**
   * A reload returns before it is in force, and the processes of before take connections for 0.1 s more: so nine answers
   * one after the other, during about 0.16 s and each on a connection of its own, must be alike. Those at the end of one look
   * count for the next, which asks only as often as is missing.
   */
  async #look(sign: Sign, wanted: boolean): Promise<boolean> {
    if (this.#isDryRun) return true;
    let alike = 0;
    for (let look = 0; look < looksMax; look += 1) {
      const answers = await this.#ask(sign, asksMax - alike);
      const other = answers.findLastIndex((answer) => (answer === sign.status) !== wanted);
      alike = other < 0 ? alike + answers.length : answers.length - 1 - other;
      if (alike >= asksMax) return true;
    }
    return false;
  }

  async directories(names: readonly string[]): Promise<Changes> {
    const { config, acme } = this.#paths;
    const changes = await putManyDirectories(this.#machine, [
      { path: config, mode: '0711' },
      { path: acme, mode: '0755' },
      ...names.map((name) => ({ path: `${config}/${name}`, mode: '0700' }) as const),
    ]);
    return [...changes, ...(await this.#room.keep())];
  }

  async #ask({ at, host, mark }: Sign, times = asksMax): Promise<readonly string[]> {
    const url = `${at}${markPath}${mark}?[1-${times}]`;
    const asked = query`curl --silent --noproxy * --max-time 5 --rate 50/s --header ${'Connection: close'} --header ${`Host: ${host}`}
      --output /dev/null --write-out ${'%{http_code} '} ${url}`;
    // Refused or cut connections are an answer too: the server is just starting, or gone.
    const { stdout } = await this.#machine.run({ ...asked, quiet: true, allow: [0, 7, 28, 52, 56], timeoutMs: 60_000 });
    return stdout.trim().split(/\s+/);
  }

  async #isSo(wanted: readonly Wanted[]): Promise<boolean> {
    const { journal } = this.#paths;
    const paths = wanted.map(({ path }) => path);
    const [texts, stats] = await Promise.all([
      this.#machine.readMany([journal, ...paths]),
      this.#machine.statMany(paths),
    ]);
    const isClosed = (path: string): boolean => Number.parseInt(stats.get(path)?.mode ?? '', 8) === 0o600;
    return (
      !texts.has(journal) &&
      wanted.every((one) => present(one, texts) === one.text && (one.text === null || isClosed(one.path)))
    );
  }

  async #recover(): Promise<boolean> {
    const journal = await this.#machine.read(this.#paths.journal);
    if (journal === null) return false;
    // Written by `put` and by nobody else, in a directory of ours.
    await this.#restore(JSON.parse(journal) as readonly Wanted[]);
    return true;
  }

  /** Only what is different: on a full disk, what was never replaced must not need to be written. */
  async #restore(files: readonly Wanted[]): Promise<void> {
    const texts = await this.#machine.readMany(files.map(({ path }) => path));
    await this.#write(files.filter((one) => present(one, texts) !== one.text));
  }

  async #write(files: readonly Wanted[]): Promise<void> {
    for (const { path, site, text } of files) {
      const whole = site === undefined ? text : withSection(await this.#machine.read(path), site, text);
      await (whole === null ? this.#machine.remove(path) : this.#room.write(path, whole));
    }
  }

  async #test({ of, secrets, explain }: Change): Promise<void> {
    const refusal = await this.#refusal(secrets);
    if (refusal) throw (await explain?.(refusal)) ?? this.#refused(refusal, of, undefined);
  }

  /** The server's own words, or null when it takes the configuration. */
  async #refusal(secrets: readonly Secret[]): Promise<string | null> {
    const { exitCode, stderr, stdout } = await this.#run(this.#program.test, 'reads');
    if (exitCode === 0) return null;
    const said = words(stderr || stdout) || `exit code ${exitCode}`;
    return secrets.reduce(
      (text, secret) => (secret.reveal() === '' ? text : text.replaceAll(secret.reveal(), '••••')),
      said,
    );
  }

  #refused(said: string, of: string | null, cause: unknown): Problem {
    const file = /(?:in|of) (\/[^\s:]+)/.exec(said)?.[1];
    const whose = of ?? `its own configuration${file ? `, in ${file}` : ''}, which is not what was changed now`;
    return new Problem('configuration-refused', `${this.#title} refuses ${whose}: ${said}`, {
      hint: of
        ? 'What was there before is in force again.'
        : `Mend ${file ?? 'it'} first: nothing can be published on this server until then.`,
      ...(cause !== undefined && { cause }),
    });
  }

  #run(argv: readonly [string, ...string[]], effect: Command['effect']): Promise<Output> {
    const allow = [0, 1, 2, 127];
    return this.#machine.run({ ...command`true`, argv, effect, allow, dryStdout: notReloaded, judgesFiles: true });
  }
}

/** What is there of it. */
function present({ path, site }: Wanted, texts: ReadonlyMap<string, string>): string | null {
  const text = texts.get(path) ?? null;
  return site === undefined ? text : (sectionsOf(text ?? '').get(site) ?? null);
}

function sentence({ path, site, text }: Wanted, old: string | null): Changes {
  if (old === text) return [];
  const what = site === undefined ? path : `${site} in ${path}`;
  if (text === null) return [`removed ${what}`];
  return [`${old === null ? 'wrote' : 'rewrote'} ${what}`];
}

/** The lines of a server's output that say what is wrong. */
function words(output: string): string {
  const all = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/AH00558|\[warn\]|^Action '/.test(line));
  const bad = all.filter((line) => /\[(?:emerg|crit|alert)\]/.test(line));
  return (bad.length > 0 ? bad : all).slice(0, 4).join(' ').slice(0, 1000);
}
