import { Problem } from '../src/model/problem.ts';
import type { Figure } from './figure.ts';

/** `npm run bench`: all of them. `npm run bench -- <name> …`: these. `--json`: the figures as a list. Exit 1: a goal was missed. */
const benches: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  core: async () => (await import('./core.ts')).core(),
  sites: async () => (await import('./sites.ts')).sites(),
  sweeps: async () => (await import('./sweeps.ts')).sweeps(),
  reserve: async () => (await import('./reserve.ts')).reserve(),
  dns: async () => (await import('./dns.ts')).dns(),
  servers: async () => (await import('./servers.ts')).servers(),
  panel: async () => (await import('./panel.ts')).panel(),
};

async function main(args: readonly string[]): Promise<number> {
  const json = args.includes('--json');
  const names = args.filter((arg) => arg !== '--json');
  const unknown = names.filter((name) => !(name in benches));
  if (unknown.length > 0)
    throw new Problem('invalid', `there is no bench ${unknown.join(', ')}`, {
      hint: `There are: ${Object.keys(benches).join(', ')}.`,
    });
  const figures: Figure[] = [];
  for (const [name, bench] of Object.entries(benches))
    if (names.length === 0 || names.includes(name)) figures.push(...(await bench()));
  process.stdout.write(json ? `${JSON.stringify(figures, null, 2)}\n` : table(figures));
  return figures.every(({ ok }) => ok) ? 0 : 1;
}

function table(figures: readonly Figure[]): string {
  const head = ['', 'value', 'reference', 'ratio', 'goal', ''];
  const rows = figures.map(({ name, unit, value, reference, ratio, goal, ok }) => [
    ...[name, `${value} ${unit}`, reference === null ? '–' : `${reference} ${unit}`],
    ...[ratio === null ? '–' : String(ratio), goal, ok ? 'ok' : 'MISSED'],
  ]);
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => (row[at] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  return `${[head, ...rows].map(line).join('\n')}\n`;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(2);
  },
);
