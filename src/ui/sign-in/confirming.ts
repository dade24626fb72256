import { useSyncExternalStore } from 'react';

/** What waits until its person has shown once more who they are; one question for all that wait. */
interface Question {
  readonly answer: Promise<boolean>;
  readonly settle: (isConfirmed: boolean) => void;
}

const listeners = new Set<() => void>();
let question: Question | null = null;

/** Asks with a dialog; false when its person would rather not. */
export function confirmation(): Promise<boolean> {
  if (question) return question.answer;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const settle = (isConfirmed: boolean): void => {
    change(null);
    resolve(isConfirmed);
  };
  change({ answer: promise, settle });
  return promise;
}

export const useQuestion = (): Question | null => useSyncExternalStore(subscribe, () => question);

function change(next: Question | null): void {
  question = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
