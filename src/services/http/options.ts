import { z } from 'zod';
import type { EngineHost } from '../engine.ts';
import type { Door, Reached, Vhost } from './http.ts';

const port = z.number().int().min(1).max(65_535);
// Written into configuration files and used as directories that we make: nothing that needs quoting, no way up.
const path = z.string().regex(/^(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/, 'must be an absolute path of plain characters');
const address = z.union([z.ipv4(), z.ipv6()]);

/** Of every http service: where the DNS records of its sites lead. */
export const reachedOptions = z.object({
  publicAddresses: z
    .array(address)
    .max(20)
    .default([])
    .describe('Addresses at which the world reaches its sites: those of their DNS records'),
  publicHost: z
    .string()
    .max(253)
    .regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/, 'must be a host name in small letters')
    .optional()
    .describe('Name at which it does: their DNS records are CNAMEs of it, but at the top of a zone'),
});

export const reachedAt = ({ publicAddresses, publicHost }: z.output<typeof reachedOptions>): Reached => ({
  addresses: publicAddresses,
  host: publicHost ?? null,
});

/** What the web server engines have in common. None of it names a program: those are code's to say, not the API's. */
export const webOptions = reachedOptions.extend({
  port: port.default(80).describe('Port for http'),
  tlsPort: port.default(443).describe('Port for https'),
  morePorts: z.array(port).max(10).default([]).describe('Further ports for http'),
  addresses: z.array(address).max(100).default([]).describe('Addresses to listen on; none: all of IPv4 and IPv6'),
  proxies: z
    .array(address)
    .max(100)
    .default([])
    .describe('Addresses of servers in front of it, whose word for where a visitor comes from is taken'),
  configPath: path.optional().describe('Directory of our configuration, if not below that of the server'),
  uploadMegabytesMax: z.number().int().min(1).max(100_000).default(100).describe('Largest request, in MB'),
});
export type WebOptions = z.output<typeof webOptions>;

/** Where an engine's files lie. */
export interface WebPaths {
  /** Directory of everything below, 0711: the web server enters it, nobody lists it. */
  readonly config: string;
  /** What the server's own configuration includes. */
  readonly main: string;
  readonly lock: string;
  /** What to put back if we die in the middle of a change. */
  readonly journal: string;
  /** Answers of ACME challenges, shared by all engines: <acme>/<token>. */
  readonly acme: string;
  /** Directory that logs of sites are written into; null: it is not there. */
  readonly logs: string | null;
}

export function webPaths({ paths }: EngineHost, engine: string, { configPath }: WebOptions): WebPaths {
  const config = configPath ?? `${paths.config}/${engine}`;
  return {
    config,
    main: `${config}.conf`,
    lock: `${config}.lock`,
    journal: `${config}/journal`,
    acme: `${config.slice(0, config.lastIndexOf('/'))}/acme`,
    logs: null,
  };
}

/** Address and port for a listen line. IPv6 only where the kernel has it: the server would not start without. */
export function listenOn(options: WebOptions, ports: readonly number[], hasIpv6: boolean): readonly string[] {
  const { addresses } = options;
  const all = addresses.length > 0 ? addresses : hasIpv6 ? ['', '::'] : [''];
  return ports.flatMap((one) => all.map((address) => on(address, one)));
}

const on = (address: string, port: number): string =>
  address === '' ? String(port) : `${address.includes(':') ? `[${address}]` : address}:${port}`;

/** Where the server answers when asked from itself. */
export function askedAt({ addresses, port }: WebOptions): string {
  const [first = '127.0.0.1'] = addresses;
  return `http://${on(first, port)}`;
}

/** Without a port where it is the scheme's own. */
export const addressOf = (vhost: Published, options: WebOptions): string =>
  `${vhost.tls === 'off' ? 'http' : 'https'}://${doorOf(vhost, options).host}`;

export function doorOf({ name, redirection, tls }: Published, { addresses, ...ports }: WebOptions): Door {
  const [ip = '127.0.0.1'] = addresses;
  const isTls = tls !== 'off';
  const port = isTls ? ports.tlsPort : ports.port;
  const isUsual = port === (isTls ? 443 : 80);
  return { ip, port, tls: isTls, host: `${redirection ?? name}${isUsual ? '' : `:${port}`}` };
}

type Published = Pick<Vhost, 'name' | 'redirection' | 'tls'>;
