import type { Application } from '../applications/application.ts';
import type { Machine } from '../machine/machine.ts';
import { Problem } from '../model/problem.ts';

/** What a directory turned out to hold. */
export interface Code {
  readonly application: Application;
  /** The document root. */
  readonly root: string;
  readonly version: string;
}

/** Throws Problem 'not-found' for a directory that is not there, 'invalid' for one that cannot be a platform. */
export async function detectCode(machine: Machine, applications: readonly Application[], root: string): Promise<Code> {
  if ((await machine.stat(root))?.kind !== 'directory')
    throw new Problem('not-found', `there is no directory ${root} on ${machine.name}`, {
      hint: 'Put the code there, or correct the root of the platform.',
    });
  for (const application of applications) {
    const code = await application.detect(machine, root);
    if (code) return { application, root: code.root, version: code.version };
  }
  throw new Problem('invalid', `${root} holds no application that Aegir knows`, {
    hint: `It looks for ${applications.map(({ title }) => title).join(', ')} there and in web/, docroot/, html/ and public/.`,
  });
}
