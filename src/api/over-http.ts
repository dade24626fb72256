import { Problem } from '../model/problem.ts';
import type { Send } from './call.ts';

/** To a hub at 'https://hub.example.com' with a token. Throws Problem 'invalid' for what is no such address. */
export function overHttp(base: string, token: string): Send {
  if (!URL.canParse(base) || !/^https?:$/.test(new URL(base).protocol))
    throw new Problem('invalid', `this is not an address of a hub: ${base}`, { hint: 'Use https://hub.example.com.' });
  return (path, request) => {
    const headers = new Headers(request.headers);
    headers.set('authorization', `Bearer ${token}`);
    // A token goes nowhere else than where it was meant to go.
    return fetch(new URL(path, base), { ...request, headers, redirect: 'error' }).catch((cause: unknown) => {
      request.signal?.throwIfAborted();
      throw new Problem('server-unreachable', `the hub at ${base} does not answer`, {
        hint: 'Is the address right, and does the hub run there?',
        cause,
      });
    });
  };
}
