const own = /^\/(?:sign-in|invitation)(?:\/|$)/;

/** Where somebody wanted to go before they were asked who they are: a page of ours and nothing else, however it is written. */
export function wayBack(to: string | undefined, origin: string = location.origin): string {
  const url = URL.parse(to ?? '/', origin);
  if (!url || url.origin !== origin || own.test(url.pathname)) return '/';
  return url.pathname + url.search + url.hash;
}

/** These are there for who is not signed in. */
export const isOpenPage = (path: string): boolean => own.test(path);
