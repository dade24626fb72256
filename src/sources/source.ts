import type { Application } from '../applications/application.ts';
import type { Machine } from '../machine/machine.ts';
import type { BuiltSource } from '../model/platform-source.ts';
import type { Sandbox } from './sandbox.ts';

export interface Building {
  readonly sandbox: Sandbox;
  readonly applications: readonly Application[];
  note(text: string): Promise<void>;
}

/** Where the code is, when it has been fetched. */
export const fetchedTree = ({ work }: Pick<Sandbox, 'work'>): string => `${work}/tree`;

/** One way to come by code: what others made is fetched in the sandbox, what Debian installed is copied from where it is. */
export type Source<Type extends BuiltSource['type']> =
  | {
      /** May be called again on a fresh sandbox. Leaves the code in `fetchedTree`. */
      fetch(source: Extract<BuiltSource, { readonly type: Type }>, building: Building): Promise<void>;
    }
  | {
      /** The directory to copy. What its links lead to is copied in their place. */
      installed(
        source: Extract<BuiltSource, { readonly type: Type }>,
        machine: Machine,
        building: Pick<Building, 'applications' | 'note'>,
      ): Promise<string>;
    };
