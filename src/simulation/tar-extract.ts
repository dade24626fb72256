import type { TarMember } from './tar-format.ts';
import { bits, modeText, No, Refused, type UserFiles, umask } from './user-files.ts';

interface How {
  /** Modes as they are in the archive; else less what others may usually not do. */
  readonly modes: boolean;
  readonly owner: boolean;
  /** Times stay what they become. */
  readonly touch: boolean;
}

type Complain = (what: string, error: unknown) => void;

/** Puts one member there as tar does: what is in its way and is no directory is replaced, missing directories are made. */
export function placeMember(
  files: UserFiles,
  member: TarMember,
  how: How,
  complain: Complain,
  later: (() => void)[],
): void {
  const { name, kind } = member;
  const refuse = (doing: string, error: unknown): void =>
    complain('', error instanceof No ? new Refused(`${name}: Cannot ${doing}: ${error.message}`, 2) : error);
  try {
    makeAbove(files, name);
    const there = files.look(name);
    if (kind === 'directory' && there?.kind === 'directory') {
      later.push(() => finish(files, member, how, refuse));
      return;
    }
    if (there?.kind === 'directory') throw new No('EISDIR');
    if (there) files.remove(name);
    make(files, member, how);
    if (kind === 'directory') later.push(() => finish(files, member, how, refuse));
    else if (kind !== 'link') finish(files, member, how, refuse);
    else if (how.owner) files.chown(name, member.owner, member.group);
  } catch (error) {
    refuse(kind === 'directory' ? 'mkdir' : 'open', error);
  }
}

function makeAbove(files: UserFiles, name: string): void {
  const above = name.slice(0, Math.max(0, name.lastIndexOf('/')));
  if (above === '' || files.look(above)) return;
  makeAbove(files, above);
  files.make(above, { kind: 'directory', text: '', mode: '0755' });
}

function make(files: UserFiles, { name, kind, mode, text }: TarMember, { modes }: How): void {
  if (kind === 'other') throw new Refused(`${name}: a simulated tar makes files, directories and links`, 2);
  const plain = bits(mode) & 0o777 & (modes ? 0o777 : ~umask);
  if (kind === 'link') files.make(name, { kind, text, mode: '0777' });
  else if (kind === 'directory') files.make(name, { kind, text: '', mode: modeText(plain | 0o700) });
  else files.make(name, { kind: 'file', text: kind === 'hard' ? files.text(text) : text, mode: modeText(plain) });
}

function finish(files: UserFiles, member: TarMember, how: How, refuse: (doing: string, error: unknown) => void): void {
  const { name, owner, group, seconds } = member;
  const attempt = (doing: string, act: () => void): void => {
    try {
      act();
    } catch (error) {
      refuse(doing, error);
    }
  };
  if (how.owner) attempt('change ownership', () => files.chown(name, owner, group));
  if (!how.touch) attempt('utime', () => files.touch(name, seconds * 1_000));
  const now = bits(files.look(name)?.mode ?? '0');
  const wanted = how.modes ? bits(member.mode) : (bits(member.mode) & 0o777 & ~umask) | (now & 0o2000);
  if (wanted !== now) attempt('change mode', () => files.chmod(name, wanted));
}
