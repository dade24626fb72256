import { useSyncExternalStore } from 'react';

/**
 * Who is signed in, as the browser knows it: a bearer token, kept until the tab is closed. It is the only file that knows
 * how a request is let in.
 */
const place = 'aegir-token';
const listeners = new Set<() => void>();
let token = sessionStorage.getItem(place);

export const credentials = (): Record<string, string> => (token === null ? {} : { authorization: `Bearer ${token}` });

function set(next: string | null): void {
  token = next;
  if (next === null) sessionStorage.removeItem(place);
  else sessionStorage.setItem(place, next);
  for (const listener of listeners) listener();
}

export const signIn = (given: string): void => set(given);
export const signOut = (): void => set(null);

export const useIsSignedIn = (): boolean => useSyncExternalStore(subscribe, () => token !== null);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
