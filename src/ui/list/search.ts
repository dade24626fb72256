import { useNavigate, useSearch } from '@tanstack/react-router';

/** What stands behind the '?' of the address: everything that narrows or orders what is shown, so that a link shows the same. */
export type Search = Readonly<Record<string, string>>;

/** Numbers stay text: '0123' is a name like any other. */
export const readSearch = (text: string): Search => Object.fromEntries(new URLSearchParams(text));
export function writeSearch(search: Readonly<Record<string, unknown>>): string {
  const words = new URLSearchParams();
  for (const [key, value] of Object.entries(search))
    if (value !== undefined && value !== '') words.set(key, String(value));
  return words.size === 0 ? '' : `?${words}`;
}

/** '' takes a word away; with `isAll` nothing stays but what is given. */
export function useAddress(): readonly [Search, (change: Search, isAll?: boolean) => void] {
  const search: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  const change = (words: Search, isAll = false): void => {
    const next = Object.entries({ ...(isAll ? {} : search), ...words }).filter(([, value]) => value !== '');
    void navigate({ to: '.', search: Object.fromEntries(next) as never, replace: true, resetScroll: false });
  };
  return [search, change];
}
