import { pathToFileURL } from 'node:url';
import { applications } from './applications/applications.ts';
import { Problem } from './model/problem.ts';
import { engines } from './services/engines.ts';
import { type Catalog, catalog, type Extension } from './tasks/catalog.ts';
import { taskTypes } from './tasks/task-types.ts';

/** What Aegir comes with, and nothing else. */
export const builtIn: Catalog = catalog({ engines, applications, taskTypes, sweeps: [] }, []);

/**
 * With what the configuration file adds: its default export is a list of extensions (see tasks/catalog.ts). No file: none.
 * Throws Problem 'invalid' for a file that cannot be read as one.
 */
export async function readCatalog(configPath: string): Promise<Catalog> {
  const extensions = await readExtensions(configPath);
  return catalog({ engines, applications, taskTypes, sweeps: [] }, extensions);
}

async function readExtensions(path: string): Promise<readonly Extension[]> {
  const loaded = await import(pathToFileURL(path).href).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ERR_MODULE_NOT_FOUND' && error.message.includes(`'${path}'`)) return { default: [] };
    throw unreadable(path, error);
  });
  const given: unknown = loaded.default;
  if (Array.isArray(given)) return given as readonly Extension[]; // typed by defineConfig in the file
  throw new Problem('invalid', `${path} does not export a list of extensions`, {
    hint: 'It should end with: export default defineConfig({ … }, …)',
  });
}

const unreadable = (path: string, cause: unknown): Problem =>
  new Problem('invalid', `${path} cannot be loaded`, { hint: 'Correct it, or move it away.', cause });
