import { logDirectory as ofEveryServer } from '../model/server-layout.ts';
import { aegirUser } from '../model/sudoers.ts';

/** Where Aegir lies on the hub's own machine. The data of hosted sites lies where servers keep it, see model/server.ts. */
export const user = aegirUser;
export const root = '/var/aegir';
export const platforms = '/var/aegir/platforms';
/** The hub's own database, when it is not given one. Short: a socket path has 107 bytes. */
export const stateDirectory = '/var/aegir/hub';
export const settingsDirectory = '/etc/aegir';
export const environmentFile = '/etc/aegir/aegir.env';
export const sealKeyFile = '/etc/aegir/key';
export const runDirectory = '/run/aegir';
/** Answers without a token, so only aegir and root may open it. */
export const hubSocket = '/run/aegir/hub.sock';
export const logDirectory = ofEveryServer;

/** A link to the version in use; root's, because root runs what is in it. */
export const programLink = '/usr/local/lib/aegir';
export const launcher = '/usr/local/bin/aegir';
export const completionFile = '/usr/share/bash-completion/completions/aegir';

export const sitesConfiguration = (engine: 'nginx' | 'apache'): string => `${root}/config/server_master/${engine}.conf`;
