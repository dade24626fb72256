import { harmless, type Io, styled } from '../io.ts';
import { cell } from '../show.ts';
import type { Change, FieldChange, Plan } from './change.ts';

const signs = {
  add: { sign: '+', style: 'green', word: 'to add' },
  change: { sign: '~', style: 'yellow', word: 'to change' },
  repair: { sign: '!', style: 'yellow', word: 'to repair' },
  wait: { sign: '…', style: 'dim', word: 'to wait for' },
  delete: { sign: '-', style: 'red', word: 'to delete' },
} as const;

/** The plan for a person: a line for each thing, below it what is different, and the sum. */
export function planLines(io: Pick<Io, 'colour'>, { changes, same }: Plan): string[] {
  if (changes.length === 0) return [`Nothing to do: all ${same} are as the file says.`];
  return [...changes.flatMap((change) => changeLines(io, change)), '', sumOf(changes, same)];
}

function changeLines(io: Pick<Io, 'colour'>, { how, noun, name, fields, steps }: Change): string[] {
  const { sign, style } = signs[how];
  const tasks = steps.flatMap((step) => taskOf(step));
  const by = tasks.length > 0 ? styled(io, 'dim', `  (${tasks.join(', ')})`) : '';
  return [
    `${styled(io, style, `${sign} ${noun}`)} ${harmless(name)}${by}`,
    ...fields.map((field) => `    ${harmless(fieldText(how, field))}`),
  ];
}

/** Tasks that are no matter of course. */
function taskOf(step: Change['steps'][number]): string[] {
  if (!('ask' in step) || !step.ask.endsWith(' task')) return [];
  return [(step.input as { body: { name: string } }).body.name]; // As the plan makes them.
}

function fieldText(how: Change['how'], { field, from, to }: FieldChange): string {
  if (how === 'add' || from === undefined) return `${field}: ${valueText(to)}`;
  return `${field}: ${valueText(from)} → ${valueText(to)}`;
}

const valueText = (value: unknown): string => (value === null ? 'none' : cell(value));

function sumOf(changes: readonly Change[], same: number): string {
  const counts = Object.entries(signs).flatMap(([how, { word }]) => {
    const count = changes.filter((change) => change.how === how).length;
    return count === 0 ? [] : [`${count} ${word}`];
  });
  return `${counts.join(', ')}; ${same} as they are to be.`;
}
