import { useInfiniteQuery } from '@tanstack/react-query';
import type { Answer, EndpointName, Input } from '../../api/endpoints.ts';
import { endpointOf } from '../../api/endpoints.ts';
import { type Schema, schemaOf } from '../form/schema.ts';
import { call } from '../hub.ts';
import type { Search } from './search.ts';

/** Endpoints that answer pages. */
export type ListName = {
  [Name in EndpointName]: Answer<Name> extends { items: readonly unknown[]; next: string | null; total: number }
    ? Name
    : never;
}[EndpointName];
export type Item<Name extends ListName> = Answer<Name>['items'][number];

const pageRows = 100;
/** Beyond so many pages a list is read, not watched. */
const watchedPagesMax = 2;

/** Pages as far as somebody has scrolled. `query` is what the address says and what the page itself adds. */
export function useEndpointList<Name extends ListName>(name: Name, params: Search, query: Search, everyMs: number) {
  return useInfiniteQuery({
    queryKey: [name, 'pages', params, query],
    queryFn: ({ pageParam, signal }) =>
      call(name, { params, query: { ...query, limit: pageRows, after: pageParam } } as unknown as Input<Name>, {
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (before) => before,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) <= watchedPagesMax ? everyMs : false),
  });
}

const notFilters = new Set(['limit', 'after', 'q', 'sort']);

/** What an endpoint can be narrowed by, as its schema says. */
export const filtersOf = (name: ListName): readonly (readonly [string, Schema])[] =>
  Object.entries(querySchema(name).properties ?? {}).filter(([key]) => !notFilters.has(key));

/** What it can be sorted by: 'name', '-name' (the other way round). */
export const sortsOf = (name: ListName): readonly string[] =>
  (querySchema(name).properties?.['sort']?.enum ?? []).map(String);

export const canSearch = (name: ListName): boolean => 'q' in (querySchema(name).properties ?? {});

/** Only the words of an address that the endpoint knows: others are another list's. */
export function queryFrom(name: ListName, search: Search): Search {
  const known = querySchema(name).properties ?? {};
  return Object.fromEntries(
    Object.entries(search).filter(([key]) => key in known && key !== 'limit' && key !== 'after'),
  );
}

const querySchema = (name: ListName): Schema => schemaOf(endpointOf(name).query);
