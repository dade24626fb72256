import { buildUser } from './platform-source.ts';
import { aegirUser } from './sudoers.ts';

export interface OwnedDirectory {
  readonly path: string;
  /** As in chmod. */
  readonly mode: string;
  readonly user: string;
  readonly group: string;
}

export const logDirectory = '/var/log/aegir';
/** As the engines of web servers know it: services/http/web-log.ts. */
export const webLogDirectory = `${logDirectory}/web`;

/**
 * What root makes on every server, above first (the layout of seed 003); what is below is the engines' and the tasks' business.
 * Root opens the logs, so nobody else may make files beside them: a link in place of a log would be written to.
 */
export const serverDirectories = (root: string): readonly OwnedDirectory[] => [
  ours(root, '0711'),
  ours(`${root}/config`, '0711'),
  ours(`${root}/backups`, '0700'),
  { path: `${root}/builds`, mode: '0750', user: buildUser, group: aegirUser },
  ours(`${root}/clients`, '0711'),
  ours(`${root}/platforms`, '0755'),
  { path: logDirectory, mode: '0750', user: 'root', group: aegirUser },
  { path: webLogDirectory, mode: '0750', user: 'root', group: aegirUser },
];

const ours = (path: string, mode: string): OwnedDirectory => ({ path, mode, user: aegirUser, group: aegirUser });

/** How the logs of sites are rotated: nobody else but we may see who visits them, so the web server cannot open them anew by itself. */
export const webLogRotation = `${webLogDirectory}/*.log {
  daily
  rotate 14
  maxsize 1G
  missingok
  notifempty
  compress
  delaycompress
  copytruncate
}
`;

/** What the web server's own configuration needs to hold, once: it lets the file be absent, as `server verify` has yet to write it. */
export const webIncludes = {
  nginx: {
    path: '/etc/nginx/conf.d/aegir.conf',
    text: (configuration: string): string => `include ${configuration.replace(/f$/, '[f]')};\n`,
  },
  apache: {
    path: '/etc/apache2/conf-available/aegir.conf',
    text: (configuration: string): string => `IncludeOptional ${configuration}\n`,
  },
} as const;

export const apacheModules = ['rewrite', 'proxy_fcgi', 'ssl', 'headers', 'setenvif', 'alias', 'env'] as const;

/** The account that makes databases. No password: the socket tells who it is. */
export const mariadbGrants = `create or replace user '${aegirUser}'@'localhost' identified via unix_socket;
grant all privileges on *.* to '${aegirUser}'@'localhost' with grant option;`;
