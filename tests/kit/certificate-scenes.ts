import { certificateObtain } from '../../src/tasks/certificate-obtain.ts';
import type { FarmParts } from './farm.ts';
import { after, installed, played, type Scene } from './played.ts';

/** With an alias of the site that nobody believes: the others are not held up by it. */
async function withAlias(parts: FarmParts, name: string) {
  const truth = await after(...installed)(parts);
  truth.aliases = [...truth.aliases, { name, redirect: false }];
  return truth;
}

const obtain = { type: certificateObtain, subject: '1', args: {} } as const;

export const certificateScenes: readonly Scene[] = [
  { ...obtain, title: 'certificate obtain', prepare: after(...installed) },
  {
    ...{ ...obtain, title: 'certificate obtain of one that is there' },
    prepare: async (parts) => played(parts, await after(...installed)(parts), [certificateObtain]),
  },
  {
    ...obtain,
    title: 'certificate obtain without a name that is elsewhere',
    prepare: (parts) => withAlias(parts, 'elsewhere.example.com'),
  },
  {
    ...obtain,
    title: 'certificate obtain without a name that is not believed',
    prepare: (parts) => withAlias(parts, 'unbelieved.example.com'),
  },
];
