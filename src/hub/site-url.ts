import type { Options } from './service-options.ts';

interface Reached {
  readonly name: string;
  readonly redirection: string | null;
  readonly tls: string;
}

/** What a browser opens. The same as the http service says of it, without opening the engine: the hub has no hands. */
export function urlOf({ name, redirection, tls }: Reached, options: Options): string {
  const [scheme, port, usual] = tls === 'off' ? ['http', options['port'], 80] : ['https', options['tlsPort'], 443];
  return `${scheme}://${redirection ?? name}${typeof port === 'number' && port !== usual ? `:${port}` : ''}`;
}
