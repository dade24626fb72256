import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { Problem } from '../../model/problem.ts';

/**
 * Networks that are no place of the internet: nobody who may only make a webhook gets the hub to speak to its own
 * neighbours. IANA's special-purpose registries; of IPv6 only 2000::/3 is given out, so all the rest is refused as a whole.
 */
const special = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/3', '::/3', '4000::/2', '8000::/1', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'],
];

/** Two lists: BlockList takes every IPv4 address for a part of ::/3. */
function listOf(networks: readonly string[]): (address: string) => boolean {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/');
    lists[familyOf(address)].addSubnet(address, Number(bits), familyOf(address));
  }
  return (address) => lists[familyOf(address)].check(address, familyOf(address));
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');
const isSpecial = listOf(special);

export const isNetwork = (text: string): boolean => {
  const [, address = '', bits = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(bits) <= (family === 6 ? 128 : 32);
};

export interface Checked {
  readonly address: string;
  readonly family: 4 | 6;
}

const lookupMs = 5000;

/**
 * The address to connect to, and no other: what a name means may change between a look and the next. All that it means
 * must be fit. `allowed` are networks that the setting allows besides those of the internet; only there http will do.
 * Throws Problem 'invalid' or 'server-unreachable'.
 */
export async function checkedAddress(url: URL, allowed: readonly string[]): Promise<Checked> {
  const host = hostOf(url);
  const found = isIP(host) === 0 ? await looked(host) : [{ address: host, family: isIP(host) }];
  for (const { address } of found) demandAddress(url, address, allowed);
  const [first] = found;
  if (!first) throw unknownHost(host);
  return { address: first.address, family: first.family === 6 ? 6 : 4 };
}

/** What can be said without a look at what its name means. Throws Problem 'invalid'. */
export function demandFit(url: URL, allowed: readonly string[]): void {
  const host = hostOf(url);
  if (isIP(host) !== 0) demandAddress(url, host, allowed);
  else if (/^(?:.+\.)?localhost\.?$/.test(host)) demandAddress(url, '127.0.0.1', allowed);
  else if (url.protocol !== 'https:' && allowed.length === 0) throw notEncrypted();
}

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

function demandAddress(url: URL, address: string, allowed: readonly string[]): void {
  if (listOf(allowed)(address)) return;
  if (isSpecial(address))
    // Not which one: who may make a webhook need not know what names mean in our own network.
    throw new Problem('invalid', `${url.hostname} is, or leads to, no address of the internet`, {
      hint: 'Give a public address; an administrator can allow a network of your own: setting webhook.networks.',
    });
  if (url.protocol !== 'https:') throw notEncrypted();
}

const notEncrypted = (): Problem =>
  new Problem('invalid', 'this webhook is not https: everybody on the way could read along', {
    hint: 'Give an address that begins with https://.',
  });

async function looked(host: string): Promise<readonly { readonly address: string; readonly family: number }[]> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${lookupMs / 1000} s`)), lookupMs);
  try {
    return await Promise.race([lookup(host, { all: true, order: 'ipv4first' }), promise]);
  } catch (cause) {
    throw unknownHost(host, cause);
  } finally {
    clearTimeout(timer);
  }
}

const unknownHost = (host: string, cause?: unknown): Problem =>
  new Problem('server-unreachable', `${host} is not the name of any server just now`, {
    hint: 'Correct the address of the webhook, or look into its DNS.',
    ...(cause !== undefined && { cause }),
  });
