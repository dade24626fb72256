import { maySudo, sudoList } from '../model/sudoers.ts';
import type { Command } from './command.ts';
import type { Program } from './memory-world.ts';

interface Behind {
  readonly argv: Command['argv'];
  readonly user: string;
  /** Answers instead of the program, which may not be run. */
  readonly program: Program | undefined;
}

/** Who runs what behind `sudo`, as far as the sudoers file of every server of ours allows it, or `isFree`. */
export function behindSudo([sudo, ...rest]: Command['argv'], isFree: boolean): Behind {
  let at = 0;
  let user = 'root';
  let isAsked = false;
  for (; rest[at]?.startsWith('-') && rest[at] !== '--'; at++) {
    if (rest[at] === '-u') user = rest[at + 1] ?? user;
    if (rest[at] === '-l') isAsked = true;
    if (/^-[ug]$/.test(rest[at] ?? '')) at++;
  }
  if (rest[at] === '--') at++;
  if (isAsked && at === rest.length) return { argv: [sudo], user, program: () => ({ stdout: sudoList() }) };
  const [program = sudo, ...args] = rest.slice(at);
  const argv = [program, ...args] as const;
  // What is only asked for (-l) is to copy tables, which in memory are no files.
  return { argv, user, program: isAsked ? refuse : refusal(user, argv, isFree) };
}

const refusal = (user: string, argv: Command['argv'], isFree: boolean): Program | undefined =>
  isFree || maySudo(user, argv) ? undefined : refuse;

const refuse: Program = () => ({ exitCode: 1, stderr: 'sudo: a password is required\n' });
