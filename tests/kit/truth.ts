import assert from 'node:assert/strict';
import type { PackageScan } from '../../src/applications/application.ts';
import type { Backup, Manifest } from '../../src/model/backup.ts';
import type { PlatformStatus } from '../../src/model/platform.ts';
import type { PlatformSource } from '../../src/model/platform-source.ts';
import type { ServerStatus } from '../../src/model/server.ts';
import type { Alias, Database, SiteStatus } from '../../src/model/site.ts';
import type { SiteRecord } from '../../src/tasks/context.ts';
import type { Found, Moved, Outcome } from '../../src/tasks/outcome.ts';
import type { TaskType } from '../../src/tasks/task-type.ts';
import { type KnownCertificate, noCertificate } from './certificate-in-memory.ts';

/** Where a site is, and what it is called there. */
export interface Whereabouts {
  readonly platform: 'p1' | 'p2' | 'p3';
  /** Ids of services: of the server's own, or of another that is the same server under another name. */
  readonly dbService: '2' | '4';
  readonly name: string;
  readonly directory: string;
  readonly database: string;
  readonly password: string;
}

/** The truth about servers, platforms, one site and its clone, as the hub would have it. */
export interface Truth {
  server: ServerStatus;
  platform: PlatformStatus;
  site: SiteStatus;
  at: Whereabouts;
  aliases: readonly Alias[];
  /** What is allocated with the task at hand. */
  copy: Whereabouts | null;
  /** Of site 8, which is made of the site. */
  clone: SiteStatus;
  cloneAt: Whereabouts;
  /** Of the platform's code, once it was verified. */
  version: string | null;
  /** Of the code of p2, once that was verified. */
  otherVersion: string | null;
  /** Whether the site counts as being on the platform. */
  siteIsThere: boolean;
  databaseIsOurs: boolean;
  scan: PackageScan | null;
  /** Of the site's own directory. */
  ownScan: PackageScan | null;
  /** Of an imported site, once the hub knows it. */
  database: Database | null;
  /** By number. */
  backups: Record<string, KnownBackup>;
  /** Whether a file service has a copy of each, or the only one. */
  keeps: 'here' | 'in two places' | 'elsewhere';
  /** Number of the one that is allocated with the task at hand. */
  newBackup: string | null;
  /** They lie on the second server. */
  backupsAreFar?: boolean;
  certificate: KnownCertificate;
  /** DNS records of the site and its clone, by id. */
  records: Record<string, readonly KnownRecord[]>;
  /** Whose task it is that is at work. */
  subject: string;
  found: Found[];
  kept: string[];
  /** Where the code of p1 comes from, and whether Aegir has built it. */
  source: PlatformSource;
  isBuilt: boolean;
}

type KnownRecord = Pick<SiteRecord, 'name' | 'pointing'>;

interface KnownBackup extends Pick<Backup, 'status' | 'reason' | 'siteId' | 'upload'> {
  readonly manifest: Manifest | null;
}

export const siteName = 'example.com';
export const cloneName = 'clone.example.org';

export const freshTruth = (): Truth => ({
  server: 'queued',
  platform: 'queued',
  site: 'queued',
  at: whereabouts(siteName, '7', 's3cret-of-the-database'),
  aliases: [{ name: 'www.example.com', redirect: false }],
  copy: null,
  certificate: noCertificate,
  clone: 'queued',
  cloneAt: whereabouts(cloneName, '8', 's3cret-of-the-clone'),
  version: null,
  otherVersion: null,
  siteIsThere: true,
  databaseIsOurs: false,
  scan: null,
  ownScan: null,
  database: null,
  backups: {},
  keeps: 'here',
  newBackup: null,
  records: {},
  subject: '7',
  found: [],
  kept: [],
  source: { type: 'path' },
  isBuilt: false,
});

function whereabouts(name: string, id: string, password: string): Whereabouts {
  const database = `${name.replaceAll('.', '')}_${id}`;
  return { platform: 'p1', dbService: '2', name, directory: name, database, password };
}

/** As the hub does it when such a task is added. */
export function allocate(truth: Truth, type: TaskType, args: unknown): void {
  const backup = type.backup(args);
  truth.newBackup = backup ? String(Object.keys(truth.backups).length + 1) : null;
  if (backup && truth.newBackup)
    truth.backups[truth.newBackup] = {
      status: 'queued',
      reason: backup.reason,
      siteId: '7',
      upload: null,
      manifest: null,
    };
  const wanted = type.copy(args);
  if (!wanted) return;
  const { platform = truth.at.platform, dbServer, name = truth.at.name, directory } = wanted;
  truth.copy = {
    // The site may have the database of an earlier copy.
    ...whereabouts(name, truth.at.database.endsWith('_9') ? '10' : '9', 's3cret-of-the-copy'),
    platform: platform as Whereabouts['platform'], // scenes name no others
    dbService: dbServer === undefined ? truth.at.dbService : '4',
    directory:
      directory === 'aside' ? '.copy-7' : directory === 'apart' ? 'copy-9' : (wanted.name ?? truth.at.directory),
  };
}

/** What the hub would write when the task on this subject ends. */
export function settle(truth: Truth, { server, platform, site, backup, certificate }: Outcome, subject = '7'): void {
  truth.certificate = { ...truth.certificate, ...certificate };
  if (backup) know(truth, { id: subject, status: backup.status });
  if (backup) return;
  if (server?.status) truth.server = server.status;
  if (subject === '2') {
    if (platform?.version) truth.otherVersion = platform.version;
    return;
  }
  if (platform?.status) truth.platform = platform.status;
  if (platform?.version) truth.version = platform.version;
  if (platform?.built) truth.isBuilt = true;
  settleRecords(truth, site, whose(subject));
  if (subject === '8') {
    if (site?.status) truth.clone = site.status;
    return;
  }
  if (site?.status) truth.site = site.status;
  if (site?.databaseIsOurs !== undefined) truth.databaseIsOurs = site.databaseIsOurs;
  if (site?.moved) move(truth, site.moved);
  truth.copy = null;
}

/** What a step has recorded of a backup. */
export function know(truth: Truth, { id, status, made }: NonNullable<Found['backup']>): void {
  const known = truth.backups[id];
  assert.ok(known, `there is no backup ${id}`);
  truth.backups[id] = {
    ...known,
    ...(made && { status: 'enabled', manifest: made.manifest }),
    ...(status && { status }),
  };
}

/** Tasks of the site are played on any subject but its clone. */
const whose = (subject: string): '7' | '8' => (subject === '8' ? '8' : '7');

function settleRecords(truth: Truth, site: Outcome['site'], of: '7' | '8'): void {
  if (site?.records) truth.records[of] = site.records;
  if (site?.status === 'deleted') truth.records[of] = [];
}

/** They may be there now, or are gone again. Of the site and its clone, whichever is made: nobody asks for the other's then. */
export function expectRecords(truth: Truth, records: NonNullable<NonNullable<Found['site']>['records']>): void {
  const of = whose(truth.subject);
  const known = truth.records[of] ?? [];
  const added = records === 'undone' ? [] : records.filter(({ name }) => !known.some((one) => one.name === name));
  const kept = records === 'undone' ? known.filter(({ pointing }) => pointing !== null) : known;
  truth.records[of] = [...kept, ...added.map(({ name }) => ({ name, pointing: null }))];
}

function move(truth: Truth, { oldName = 'redirect' }: Moved): void {
  const { at, copy } = truth;
  assert.ok(copy, 'a copy should have been allocated');
  truth.at = { ...copy, directory: copy.directory.startsWith('.') ? at.directory : copy.directory };
  truth.database = null;
  truth.databaseIsOurs = true;
  if (copy.name === at.name) return;
  const old = oldName === 'none' ? [] : [{ name: at.name, redirect: oldName === 'redirect' }];
  truth.aliases = [...truth.aliases.filter(({ name }) => name !== copy.name), ...old].toSorted((one, other) =>
    one.name < other.name ? -1 : 1,
  );
}

export const backupName = (id: string): string => `example.com-20260801t120000z-${id}`;
