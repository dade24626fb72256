import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import type { Manifest } from '../../src/model/backup.ts';

/** What a hostile hand can write into a tar archive; Debian's tar would not make most of it. */
export interface Written {
  readonly name: string;
  readonly type?: '0' | '1' | '2' | '3' | '5' | '6' | '7';
  readonly link?: string;
  readonly mode?: number;
  readonly content?: string | Buffer;
}

/** An archive in the old form, byte by byte. */
export function tarOf(members: readonly Written[]): Buffer {
  const blocks = members.flatMap(({ name, type = '0', link = '', mode = 0o644, content = '' }) => {
    const bytes = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(name, 0, 100, 'latin1');
    header.write(`${mode.toString(8).padStart(7, '0')}\0${'0'.repeat(7)}\0${'0'.repeat(7)}\0`, 100);
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0        ${type}`, 124);
    header.write(link, 157, 100, 'latin1');
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

type Parts = Readonly<Partial<Record<Manifest['parts'][number]['name'], Buffer>>>;

/** A backup as we make them, of these parts: whole and in order, whatever is in them. `change` has the last word on its manifest. */
export function archiveOf(
  manifest: Manifest,
  parts: Parts,
  change: (manifest: Manifest) => object = (same) => same,
  more: readonly Written[] = [],
): Buffer {
  const stored = Object.entries(parts).map(([name, plain]) => ({ name, plain, packed: zstdCompressSync(plain) }));
  const facts = stored.map(({ name, plain, packed }) => ({
    ...{ name, restoredBytes: plain.length },
    stored: { as: 'zstd', bytes: packed.length, blake2b: createHash('blake2b512').update(packed).digest('hex') },
  }));
  const text = JSON.stringify(change({ ...manifest, parts: facts as Manifest['parts'] }));
  return tarOf([
    ...stored.map(({ name, packed }) => ({ name: `${name}.zst`, content: packed })),
    ...more,
    { name: 'manifest.json', content: text },
  ]);
}

/** Members with their contents, of an archive of ours, unpacked by the programs that a person would use. */
export function unpacked(path: string): ReadonlyMap<string, Buffer> {
  const at = mkdtempSync(join(tmpdir(), 'aegir-unpacked-'));
  try {
    execFileSync('tar', ['--extract', '--file', path, '--directory', at]);
    const names = execFileSync('ls', [at], { encoding: 'utf8' }).trim().split('\n');
    return new Map(
      names.map((name) => {
        const how = { cwd: at, maxBuffer: 1e9 };
        return [
          name,
          name.endsWith('.zst') ? execFileSync('zstd', ['-dc', name], how) : execFileSync('cat', [name], how),
        ];
      }),
    );
  } finally {
    rmSync(at, { recursive: true });
  }
}

export const write = (path: string, bytes: Buffer): void => writeFileSync(path, bytes, { mode: 0o600 });
