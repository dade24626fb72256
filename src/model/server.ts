import type { HostKeys } from './host-keys.ts';
import type { Json } from './json.ts';

export type ServerStatus = 'queued' | 'enabled' | 'failed' | 'locked' | 'deleted';

export interface Server {
  readonly id: string;
  /** Short name, as in @server_master. */
  readonly name: string;
  /** What ssh and other machines call it; 'localhost' is the hub's own machine. */
  readonly host: string;
  /** Of its sshd. */
  readonly sshPort: number;
  readonly status: ServerStatus;
  readonly hostKeys: HostKeys;
  /** What plug-ins keep about it, by the plug-in's name. */
  readonly data: { readonly [plugin: string]: Json };
}

/** Reached without ssh. */
export const isLocal = ({ host }: Pick<Server, 'host'>): boolean => host === 'localhost';

/** What a person types to log in to it with ssh. */
export const sshWords = (user: string, host: string, port: number): string =>
  `ssh ${port === defaultSshPort ? '' : `-p ${port} `}${user}@${host}`;
export const defaultSshPort = 22;

/** Where things lie on a server. The layout of the old Aegir (seed 003) below one root, so that it can be taken over in place. */
export interface ServerPaths {
  readonly root: string;
  readonly config: string;
  readonly platforms: string;
  readonly backups: string;
  /** Where code of others is fetched and built; the build user's, see sources/sandbox.ts. */
  readonly builds: string;
  readonly clients: string;
}

/** `root` is '/var/aegir' unless the server says otherwise. */
export const serverPaths = (root: string, serverName: string): ServerPaths => ({
  root,
  config: `${root}/config/server_${serverName}`,
  platforms: `${root}/platforms`,
  backups: `${root}/backups`,
  builds: `${root}/builds`,
  clients: `${root}/clients`,
});
