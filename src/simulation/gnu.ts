import type { Output } from '../machine/machine.ts';
import type { Program } from '../machine/memory-world.ts';
import { reveal } from '../machine/scrub.ts';
import { Refused, UserFiles } from './user-files.ts';

export interface Call {
  readonly argv: readonly string[];
  readonly stdin: string;
  /** As seen by who runs it, from where it runs. */
  readonly files: UserFiles;
  /** Says what is wrong with one of several things, and goes on. */
  complain(what: string, error: unknown): void;
}

/** A simulated program that works on files: what it refuses, and what it complains of, is said under its name and decides its exit code. */
export const gnu =
  (name: string, act: (call: Call) => string | Partial<Output>): Program =>
  ({ argv, stdin = '', cwd = '/' }, { world }, user) => {
    const complaints: string[] = [];
    let exitCode = 0;
    const complain = (what: string, error: unknown): void => {
      if (!(error instanceof Refused)) throw error;
      complaints.push(`${name}: ${what}${what === '' ? '' : ': '}${error.message}\n`);
      exitCode ||= error.exitCode;
    };
    let said: Partial<Output> = {};
    try {
      const files = new UserFiles(world, user).in(cwd);
      const answer = act({ argv, stdin: reveal(stdin), files, complain });
      said = typeof answer === 'string' ? { stdout: answer } : answer;
    } catch (error) {
      complain('', error);
    }
    return { exitCode, ...said, stderr: complaints.join('') };
  };
