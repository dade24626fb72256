import type { Pipe } from '../../machine/machine.ts';

/**
 * What an engine for files can do besides, for a stream on its way from one server to another: one writes it, the other reads it,
 * and then it goes. It is in no list, and nobody else may read it. Names are letters, digits, '-' and '_'; nobody has used one before.
 * Rejects as `Files` do.
 */
export interface Relay {
  /** `share`: a file system that both see. `login`: one of them is logged in to by the other. */
  readonly kind: 'share' | 'login';
  /** What a person looks for. */
  readonly place: string;
  /** What the last of these programs of our machine writes, whole and on the disk or not at all. Answers how many bytes. */
  write(name: string, commands: Pipe['commands']): Promise<number>;
  /** The first of these programs of our machine reads it; what the last one writes is the answer. Throws 'command-failed' where not as many bytes as were written are there. */
  read(name: string, bytes: number, commands: Pipe['commands']): Promise<string>;
  /** All whose names begin with this and '-'. Absent is fine. */
  clear(mark: string): Promise<void>;
}

/** Hidden, so in no list. Each has a directory of its own: with it goes what a lost worker has half written. */
export const relayDirectory = (name: string): string => `.aegir-moving-${name}`;
export const relayFile = (name: string): string => `${relayDirectory(name)}/stream`;
/** What nobody has cleared goes with the next that is written; longer than anything is on its way. */
export const relayAgeMs = 48 * 60 * 60_000;
