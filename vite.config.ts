import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import type { Plugin, UserConfig } from 'vite';

const out = join(import.meta.dirname, 'dist/ui');

/** Each file of text twice more, as browsers ask for it: the hub sends them as they are. */
const compressed: Plugin = {
  name: 'compressed',
  apply: 'build',
  async closeBundle() {
    for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.(?:js|css|html|svg)$/.test(entry.name)) continue;
      const path = join(entry.parentPath, entry.name);
      const text = await readFile(path);
      await writeFile(`${path}.br`, brotliCompressSync(text));
      await writeFile(`${path}.gz`, gzipSync(text, { level: 9 }));
    }
  },
};

const config: UserConfig = {
  root: join(import.meta.dirname, 'src/ui'),
  plugins: [react(), compressed],
  // The only thing of Node.js in what the panel shares with the hub.
  resolve: { alias: { 'node:url': join(import.meta.dirname, 'src/ui/node-url.ts') } },
  build: { outDir: out, emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: { '/api': process.env['AEGIR_URL'] ?? 'http://127.0.0.1:8460' } },
};

// biome-ignore lint/style/noDefaultExport: Vite asks for it.
export default config;
