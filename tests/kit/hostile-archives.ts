import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Manifest, readManifest } from '../../src/model/backup.ts';
import type { BackedUp } from './backed-up.ts';
import { archiveOf, tarOf, unpacked, type Written, write } from './made-archive.ts';
import { backupName } from './truth.ts';

/** A backup of ours, taken apart: what hostile ones are made of. */
export interface Good {
  readonly bytes: Buffer;
  readonly manifest: Manifest;
  readonly database: Buffer;
}

export function goodOf({ backups }: BackedUp): Good {
  const path = join(backups, `${backupName('1')}.tar`);
  const parts = unpacked(path);
  const part = (name: string): Buffer => parts.get(name) ?? assert.fail(`there is no ${name}`);
  const manifest = readManifest(part('manifest.json').toString(), 'the backup');
  return { bytes: readFileSync(path), manifest, database: part('database.zst') };
}

/** What another host sent lies among the transfers, as backup 2. */
export function upload(farm: BackedUp, bytes: Buffer, siteId: string | null = null): void {
  const transfers = join(farm.data.root, 'transfers');
  mkdirSync(transfers, { recursive: true });
  write(join(transfers, 'upload-x'), bytes);
  farm.truth.backups['2'] = { status: 'queued', reason: 'import', siteId, upload: 'upload-x', manifest: null };
}

export const file = (name: string, content = 'x'): Written => ({ name, content });
export const files = (...members: readonly Written[]): Buffer =>
  tarOf([{ name: 'files/', type: '5', mode: 0o2770 }, ...members]);

/** Each with what is said of it. */
export const hostileArchives: Readonly<Record<string, (good: Good) => readonly [Buffer, RegExp]>> = {
  'an empty file': () => [Buffer.alloc(0), /cannot be read|neither/],
  'a file of noise': () => [Buffer.from('not an archive at all'.repeat(1000)), /cannot be read/],
  'one that is cut off in its first part': ({ bytes }) => [bytes.subarray(0, 5000), /cannot be read/],
  'one that is cut off before its manifest': ({ bytes }) => [
    bytes.subarray(0, bytes.length - 6000),
    /cannot be read|is no backup/,
  ],
  'one with a byte altered': ({ bytes }) => {
    const altered = Buffer.from(bytes);
    altered[5000] = (altered[5000] ?? 0) ^ 1;
    return [altered, /is not what its manifest says/];
  },
  'one of a newer format': ({ manifest, database }) => [
    archiveOf(manifest, { database }, (same) => ({ ...same, format: 2 })),
    /knows formats up to 1/,
  ],
  'a manifest that is no JSON': ({ database }) => [
    tarOf([file('database.zst', database.toString('latin1').slice(0, 10)), file('manifest.json', '{')]),
    /is not one/,
  ],
  'a manifest without a database': ({ manifest, database }) => [
    archiveOf(manifest, { database }, (same) => ({ ...same, parts: [] })),
    /has no database/,
  ],
  'a manifest with a path to another site': ({ manifest, database }) => [
    archiveOf(manifest, { database }, (same) => ({
      ...same,
      site: { ...same.site, directory: '../other.example.com' },
    })),
    /site\.directory/,
  ],
  'a manifest with a name that is none': ({ manifest, database }) => [
    archiveOf(manifest, { database }, (same) => ({ ...same, site: { ...same.site, name: 'a b;c' } })),
    /is not a host name/,
  ],
  'a manifest that names less than there is': ({ manifest, database }) => [
    archiveOf(manifest, { database, files: files() }, (same) => ({ ...same, parts: same.parts.slice(0, 1) })),
    /and there is/,
  ],
  'a member of another name': ({ manifest, database }) => [
    archiveOf(manifest, { database }, undefined, [file('evil.sh')]),
    /neither settings.php nor wp-config.php/,
  ],
  'a member that is there twice': ({ manifest, database }) => [
    archiveOf(manifest, { database }, undefined, [file('database.zst', 'another')]),
    /twice/,
  ],
  'a member that is a link': ({ manifest, database }) => [
    archiveOf(manifest, { database }, undefined, [{ name: 'files.zst', type: '2', link: 'database.zst' }]),
    /neither settings.php|and there is/,
  ],
  'a part that is no zstd': ({ manifest, database }) => [
    archiveOf(manifest, { database, files: files() }, (same) => same).subarray(0, 1536),
    /cannot be read/,
  ],
  'a part that is no tar': ({ manifest, database }) => [
    archiveOf(manifest, { database, files: Buffer.from('no tar at all'.repeat(100)) }),
    /cannot be read as a tar/,
  ],
  'files that go up': ({ manifest, database }) => [
    archiveOf(manifest, { database, files: files(file('files/../../evil')) }),
    /goes up/,
  ],
  'files with absolute names': ({ manifest, database }) => [
    archiveOf(manifest, { database, files: files(file('/tmp/aegir-evil')) }),
    /absolute/,
  ],
  'a link out of the site, and a file through it': ({ manifest, database }) => [
    archiveOf(manifest, {
      database,
      files: files({ name: 'files/l', type: '2', link: '/etc' }, file('files/l/cron.d')),
    }),
    /leads out/,
  ],
  'a hard link to a file of the system': ({ manifest, database }) => [
    archiveOf(manifest, { database, files: files({ name: 'files/h', type: '1', link: '/etc/shadow' }) }),
    /absolute/,
  ],
  'a device': ({ manifest, database }) => [
    archiveOf(manifest, { database, files: files({ name: 'files/d', type: '3' }) }),
    /neither a file nor a directory/,
  ],
  'a setuid program': ({ manifest, database }) => [
    archiveOf(manifest, { database, files: files({ name: 'files/s', mode: 0o4755, content: 'x' }) }),
    /runs as its owner/,
  ],
  'a name with a newline': ({ manifest, database }) => [
    archiveOf(manifest, { database, files: files(file('files/a\nb')) }),
    /control character/,
  ],
  'files where the code should be': ({ manifest, database }) => [
    archiveOf(manifest, { database, code: tarOf([file('./files/x.php', '<?php')]) }),
    /does not belong there/,
  ],
  'code where the files should be': ({ manifest, database }) => [
    archiveOf(manifest, { database, files: tarOf([file('modules/x/x.module', '<?php')]) }),
    /does not belong there/,
  ],
  'a dump that is gigantic when it is unpacked': ({ manifest }) => [
    archiveOf(manifest, { database: Buffer.alloc(120 * 1024 * 1024) }),
    /more than 100 MB/,
  ],
  'a file that is gigantic when it is unpacked': ({ manifest, database }) => [
    archiveOf(manifest, { database, files: files({ name: 'files/bomb', content: Buffer.alloc(120 * 1024 * 1024) }) }),
    /MB when it is unpacked/,
  ],
  'parts that are larger than the manifest says': ({ manifest, database }) => [
    archiveOf(
      manifest,
      { database, files: files({ name: 'files/large', content: Buffer.alloc(80 * 1024 * 1024) }) },
      (same) => ({ ...same, parts: same.parts.map((part) => ({ ...part, restoredBytes: 1000 })) }),
    ),
    /much larger than its manifest says/,
  ],
};
