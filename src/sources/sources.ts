import type { BuiltSource } from '../model/platform-source.ts';
import { archive } from './archive.ts';
import { composer } from './composer.ts';
import { debian } from './debian.ts';
import { git } from './git.ts';
import { makefile } from './makefile.ts';
import type { Source } from './source.ts';

const sources: { readonly [Type in BuiltSource['type']]: Source<Type> } = { archive, git, composer, debian, makefile };

// The type of the source chooses the one that takes it, which TypeScript cannot see.
export const sourceOf = ({ type }: BuiltSource): Source<BuiltSource['type']> =>
  sources[type] as Source<BuiltSource['type']>;
