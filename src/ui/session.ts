import { useSyncExternalStore } from 'react';
import type { Answer } from '../api/endpoints.ts';

/**
 * Who is signed in here, as the hub has answered it: the session itself is a cookie that no script sees. What a request
 * must carry beside the cookie is known here only.
 */
export type Session = Answer<'session get'>;

const listeners = new Set<() => void>();
let current: Session | null = null;

export const session = (): Session | null => current;
export const useSession = (): Session | null => useSyncExternalStore(subscribe, session);

export function setSession(next: Session | null): void {
  current = next;
  for (const listener of listeners) listener();
}

/** There is a new cookie for the same session, and with it another value for the header. */
export function renew({ csrf, confirmedUntil }: Answer<'session confirm'>): void {
  if (current) setSession({ ...current, csrf, confirmedUntil });
}

export const credentials = (): Record<string, string> =>
  typeof current?.csrf === 'string' ? { 'x-aegir-csrf': current.csrf } : {};

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
