import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Context } from 'hono';
import { ofPage } from './headers.ts';

/** A file of the built panel as it is sent, and as a browser that takes that would rather have it. */
interface PanelFile {
  readonly type: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly packed: Readonly<Partial<Record<Encoding, Uint8Array<ArrayBuffer>>>>;
}
type Encoding = 'br' | 'gzip';

/** By path: '/index.html', '/assets/…'. Empty where nobody has built it. */
export type Panel = ReadonlyMap<string, PanelFile>;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** What vite.config.ts has put there. It is small, and static: it holds nothing of what the hub knows. */
export async function readPanel(directory: string): Promise<Panel> {
  const panel = new Map<string, PanelFile>();
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(absentIsNull);
  for (const entry of entries ?? []) {
    const [path, type] = [join(entry.parentPath, entry.name), types[extname(entry.name)]];
    if (!entry.isFile() || type === undefined) continue;
    const [plain, br, gzip] = [await readFile(path), await packed(`${path}.br`), await packed(`${path}.gz`)];
    panel.set(path.slice(directory.length), { type, plain, packed: { ...(br && { br }), ...(gzip && { gzip }) } });
  }
  return panel;
}

const packed = (path: string): Promise<Uint8Array<ArrayBuffer> | null> => readFile(path).catch(absentIsNull);

/** The file at this path; the panel itself for every other page that a browser asks for; null for anything else. */
export function panelAnswer(panel: Panel, { req, body }: Context): Response | null {
  const wantsPage = req.header('accept')?.includes('text/html') ?? false;
  const file = panel.get(req.path) ?? (wantsPage ? panel.get('/index.html') : undefined);
  if (!file) return null;
  const accepted = req.header('accept-encoding') ?? '';
  const encoding = (['br', 'gzip'] as const).find(
    (one) => new RegExp(`\\b${one}\\b`).test(accepted) && file.packed[one],
  );
  return body((encoding && file.packed[encoding]) ?? file.plain, 200, {
    ...ofPage,
    'content-type': file.type,
    // The names of what lies there change with what is in them.
    ...(req.path.startsWith('/assets/') && { 'cache-control': 'public, max-age=31536000, immutable' }),
    vary: 'accept, accept-encoding',
    ...(encoding && { 'content-encoding': encoding }),
  });
}

function absentIsNull(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
