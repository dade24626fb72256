import { createHash } from 'node:crypto';
import type { Catalog } from '../../tasks/catalog.ts';

/**
 * What an agent must have in common with its hub: the version, and all that plug-ins add. Else a site would be written with lines
 * or steps missing.
 */
export function editionOf(version: string, catalog: Catalog): string {
  const { engines, applications, taskTypes, data, steps, settingsLines, vhostLines } = catalog;
  const parts = [
    version,
    ...engines.map(({ type, name }) => `engine ${type} ${name}`),
    ...applications.map(({ name }) => `application ${name}`),
    ...taskTypes.map(({ name }) => `task ${name}`),
    ...data.map(({ noun, name }) => `data ${noun} ${name}`),
    ...steps.map(({ task, place, step, steps: added }) => `${task} ${place} ${step}: ${added.map(({ name }) => name)}`),
    ...settingsLines.map(({ application, lines }) => `lines ${application} ${lines}`),
    ...vhostLines.map(({ engine, lines }) => `lines ${engine} ${lines}`),
  ];
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}
