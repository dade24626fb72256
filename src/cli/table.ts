import { harmless, type Io, styled } from './io.ts';
import { textWidth } from './width.ts';

const gap = '  ';
const narrowest = 8;

/** Columns as wide as their widest cell; where the terminal is too narrow the widest ones are cut, with '…'. */
export function table(
  io: Pick<Io, 'columns' | 'colour'>,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const cells = [head.map((one) => one.toUpperCase()), ...rows.map((row) => row.map(oneLine))];
  const widths = head.map((_, at) => Math.max(...cells.map((row) => textWidth(row[at] ?? ''))));
  fit(widths, io.columns);
  return cells
    .map((row, line) => {
      const text = row
        .map((cell, at) => padded(cell, widths[at] ?? 0))
        .join(gap)
        .trimEnd();
      return `${line === 0 ? styled(io, 'bold', text) : text}\n`;
    })
    .join('');
}

const oneLine = (text: string): string => harmless(text).replace(/\s+/g, ' ');

function fit(widths: number[], columns: number | null): void {
  if (columns === null) return;
  const total = (): number => widths.reduce((sum, one) => sum + one + gap.length, -gap.length);
  while (total() > columns) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] ?? 0;
    if (width <= narrowest) return; // Too narrow for a table at all: let it wrap.
    widths[widest] = width - 1;
  }
}

function padded(text: string, width: number): string {
  const room = width - textWidth(text);
  if (room >= 0) return text + ' '.repeat(room);
  let cut = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (textWidth(cut + segment) > width - 1) break;
    cut += segment;
  }
  return `${cut}…${' '.repeat(Math.max(0, width - textWidth(cut) - 1))}`;
}

/** One subject: a field a line, names in a column of their own. */
export function fields(io: Pick<Io, 'columns' | 'colour'>, of: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...of.map(([name]) => name.length));
  return of.map(([name, text]) => `${styled(io, 'dim', name.padEnd(width))}  ${harmless(text)}\n`).join('');
}
