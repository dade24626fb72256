import { problemJson } from '../../model/problem.ts';

/** What is said in passing, in a corner of the screen. */
export interface Told {
  readonly id: number;
  readonly tone: 'good' | 'bad';
  readonly message: string;
  readonly hint: string | undefined;
}

const shownMax = 4;
const listeners = new Set<() => void>();
let all: readonly Told[] = [];
let last = 0;

/** Something that went well, or is good to know; gone after a few seconds. */
export const tell = (message: string): void => add({ tone: 'good', message, hint: undefined }, 5000);

/** What went wrong, with what to do; stays a while longer. */
export function tellProblem(error: unknown): void {
  const { message, hint } = problemJson(error);
  add({ tone: 'bad', message, hint }, 20_000);
}

function add(one: Omit<Told, 'id'>, forMs: number): void {
  last += 1;
  const id = last;
  change([...all.slice(1 - shownMax), { id, ...one }]);
  setTimeout(() => untell(id), forMs);
}

export const untell = (id: number): void => change(all.filter((one) => one.id !== id));

export const told = (): readonly Told[] => all;

export function onTold(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function change(next: readonly Told[]): void {
  all = next;
  for (const listener of listeners) listener();
}
