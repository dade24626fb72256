import { QueryClient, queryOptions, useMutation } from '@tanstack/react-query';
import { type CallMore, connect, type Send } from '../api/call.ts';
import type { Answer, EndpointName, Input } from '../api/endpoints.ts';
import { Problem } from '../model/problem.ts';
import { credentials, session, setSession } from './session.ts';
import { confirmation } from './sign-in/confirming.ts';
import { speakAs } from './text/text.ts';

/** The hub, as a browser reaches it. */
const ask: Send = (path, request) =>
  fetch(path, { ...request, headers: { ...(request.headers as Record<string, string>), ...credentials() } }).catch(
    (cause: unknown) => {
      if (request.signal?.aborted) throw cause;
      throw new Problem('server-unreachable', 'the hub does not answer', { cause });
    },
  );

/** The same; what needs that its person shows once more who they are asks them, and is then done. */
export const send: Send = async (path, request) => {
  const used = session()?.csrf;
  const response = await ask(path, request);
  return (await isWorthAnother(response, request.method, used)) ? ask(path, request) : response;
};

async function isWorthAnother(response: Response, method = 'GET', used?: string | null): Promise<boolean> {
  if (session() === null || ![401, 403].includes(response.status)) return false;
  const { code }: { code?: string } = await response
    .clone()
    .json()
    .catch(() => ({}));
  if (code === 'unconfirmed') return confirmation();
  if (code === 'forbidden' && method === 'GET') return false;
  // Whoever confirms in another tab gives this one a new cookie too, which goes with another header.
  await loadSession();
  return session() !== null && session()?.csrf !== used;
}

let loading: Promise<void> | null = null;

/** Asks who is signed in; nobody is no problem. What was shown to somebody else is forgotten. */
export function loadSession(): Promise<void> {
  loading ??= connect(ask)('session get', {})
    .catch((error: unknown) => {
      if (error instanceof Problem && error.code === 'unauthenticated') return null;
      throw error;
    })
    .then(async (next) => {
      if (next?.account.id !== session()?.account.id) queries.clear();
      // Who helps reads on in their own language.
      if (next && !next.impersonation) await speakAs(next.language);
      setSession(next);
    })
    .finally(() => {
      loading = null;
    });
  return loading;
}

export async function signOut(): Promise<void> {
  await call('session end', {});
  queries.clear();
  setSession(null);
}

export const call = connect(send);

const retriesMax = 2;

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2000,
      // What the hub has explained will not change by asking again.
      retry: (count, error) =>
        count < retriesMax && (!(error instanceof Problem) || error.code === 'server-unreachable'),
    },
  },
});

/** How often what is on the screen is asked for again, in milliseconds: a little while something moves, seldom otherwise. */
export const often = 2000;
export const seldom = 10_000;

/** A question, for useQuery: `useQuery(asks('site get', { params: { name } }))`. */
export const asks = <Name extends EndpointName>(name: Name, input: Input<Name>) =>
  queryOptions<Answer<Name>, Error>({
    queryKey: [name, input],
    queryFn: ({ signal }) => call(name, input, { signal }),
  });

/** A wish, for a button or form: when it is done, all that is on the screen is asked for again. */
export function useWish<Name extends EndpointName>(name: Name, more: CallMore = {}) {
  return useMutation<Answer<Name>, Error, Input<Name>>({
    mutationFn: (input) => call(name, input, more),
    onSettled: () => queries.invalidateQueries(),
  });
}
