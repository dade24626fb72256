import { webLogRotation } from '../model/server-layout.ts';
import { putFile } from './files.ts';
import { logDirectory, stateDirectory, user } from './places.ts';
import type { Did } from './screen.ts';

const path = '/etc/logrotate.d/aegir';
/** They are written to as long as hub, worker and database run: hence copytruncate. Under systemd the journal has the first two. */
const how = '  weekly\n  rotate 8\n  missingok\n  notifempty\n  compress\n  delaycompress\n  copytruncate\n';

const text = `# Written by ./up of Aegir.
${logDirectory}/*.log {
${how}}
# Of all sites.
${webLogRotation}${stateDirectory}/postgres.log {
  su ${user} ${user}
${how}}
`;

export async function rotateLogs(): Promise<Did> {
  return (await putFile(path, text, { mode: 0o644 })) ? `wrote ${path}` : null;
}
