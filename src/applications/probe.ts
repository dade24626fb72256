import { z } from 'zod';
import type { Machine } from '../machine/machine.ts';
import { Problem } from '../model/problem.ts';
import { Secret } from '../model/secret.ts';
import type { Door } from '../services/http/http.ts';
import type { Application, InstalledSite } from './application.ts';
import { callTool } from './tool.ts';

/** By name. Whoever has them is logged in, so they are secrets. */
export type Cookies = Readonly<Record<string, Secret>>;

export interface Asked {
  /** Of `Http.door`: the site's own, or that of a copy under a name of ours. */
  readonly through: Door;
  /** With its query: '/', '/admin?x=1'. */
  readonly path: string;
  readonly cookies?: Cookies;
  /** How many redirects to follow at most, as long as they stay on the site. None unless it is said. */
  readonly follow?: number;
  /** For all of it. The first page after a cache was rebuilt can take seconds. */
  readonly timeoutMs?: number;
}

export interface Page {
  readonly status: number;
  /** The last that was asked. */
  readonly path: string;
  /** Of its HTML; null if it has none. */
  readonly title: string | null;
  /** Where a redirect that was not followed leads, as the site wrote it. */
  readonly location: string | null;
  /** What a browser would have by now: those that were given, and what the answers made of them. */
  readonly cookies: Cookies;
  /** Of the body. Pages with tokens or times in them are different each time. */
  readonly sha256: string;
  readonly bytes: number;
  /** The page's first words, for messages. */
  readonly words: string;
}

const pageAnswer = z.object({
  status: z.number().int().min(100).max(999),
  path: z.string().max(4_000),
  title: z.string().max(2_000).nullable(),
  location: z.string().max(8_000).nullable(),
  cookies: z.record(
    z.string(),
    z.string().transform((value) => new Secret(value)),
  ),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().min(0),
  words: z.string().max(2_000),
});
const followMax = 10;
const usualTimeoutMs = 60_000;
const dryAnswer = {
  status: 200,
  path: '/',
  title: null,
  location: null,
  cookies: {},
  sha256: '0'.repeat(64),
  bytes: 0,
  words: '',
};

/**
 * Asks a site over HTTP from its own server, by PHP as the site's user: what its visitors get, whatever its name resolves to by
 * now. The script asks addresses of that machine only and always the same one, wherever the site redirects to.
 * Any answer is an answer, also 500. Throws 'application-failed' for none: nobody listens, no HTTP, not in time, more than 16 MiB.
 */
export async function probe(machine: Machine, { site, address }: InstalledSite, asked: Asked): Promise<Page> {
  const { through, path, cookies = {}, follow = 0, timeoutMs = usualTimeoutMs } = asked;
  const input = {
    ...through,
    path,
    cookies: Object.fromEntries(Object.entries(cookies).map(([name, value]) => [name, value.reveal()])),
    follow: Math.min(follow, followMax),
    hosts: [new URL(address).host],
  };
  // A page may write what it likes, so a dry run leaves it alone.
  const how = { timeoutMs, effect: 'changes', dryAnswer } as const;
  return callTool(machine, site.runUser, 'probe', input, pageAnswer, how);
}

/**
 * Proves that people can log in: takes a login link through the same door, as a browser would, and then asks for a page that
 * nobody else sees. Throws 'application-failed' if that does not answer 200. The login counts as one for the site.
 */
export async function probeLogin(
  machine: Machine,
  application: Application,
  installed: InstalledSite,
  through: Door,
  user?: string,
): Promise<void> {
  const link = await application.loginLink(machine, installed, user);
  const { pathname, search } = new URL(link);
  const entered = await probe(machine, installed, { through, path: `${pathname}${search}`, follow: followMax });
  const inside = application.insidePath(link);
  const { status, words } = await probe(machine, installed, { through, path: inside, cookies: entered.cookies });
  if (status === 200) return;
  // The link itself is a secret, used or not.
  const led = entered.status === 200 ? 'was taken' : `was answered with ${entered.status}`;
  throw new Problem(
    'application-failed',
    `a login link of ${installed.site.name} does not log in: it ${led}, and then ${inside} answers ${status}`,
    {
      hint: words === '' ? undefined : `The site says: ${words}`,
    },
  );
}
