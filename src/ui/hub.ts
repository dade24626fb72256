import { QueryClient, queryOptions, useMutation } from '@tanstack/react-query';
import { connect, type Send } from '../api/call.ts';
import type { Answer, EndpointName, Input } from '../api/endpoints.ts';
import { Problem } from '../model/problem.ts';
import { credentials, signOut } from './session.ts';

/** The hub, as a browser reaches it. An answer that says that nobody is signed in any more signs out. */
export const send: Send = async (path, request) => {
  const response = await fetch(path, {
    ...request,
    headers: { ...(request.headers as Record<string, string>), ...credentials() },
  }).catch((cause: unknown) => {
    if (request.signal?.aborted) throw cause;
    throw new Problem('server-unreachable', 'the hub does not answer', { cause });
  });
  if (response.status === 401) signOut();
  return response;
};

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
export function useWish<Name extends EndpointName>(name: Name) {
  return useMutation<Answer<Name>, Error, Input<Name>>({
    mutationFn: (input) => call(name, input),
    onSettled: () => queries.invalidateQueries(),
  });
}
