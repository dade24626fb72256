import { userInfo } from 'node:os';

/** All that a program finds in its environment: the hub's own holds its secrets. */
export const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  HOME: userInfo().homedir,
} as const;

/** Where a program that is named without its directory may lie, the first that is there counts. */
export const programPaths = (name: string): readonly string[] =>
  environment.PATH.split(':').map((directory) => `${directory}/${name}`);
