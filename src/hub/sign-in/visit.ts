import { isIP } from 'node:net';
import { Problem } from '../../model/problem.ts';

/** What a request says of where it comes from, and the cookies that its answer is to set. */
export interface Visit {
  /** Null through the socket. */
  readonly address: string | null;
  readonly userAgent: string;
  /** The browser speaks https, perhaps to a server in front of us. */
  readonly secure: boolean;
  /** As the browser has it in its address, without its port: 'panel.example.com', 'localhost', '[::1]'. */
  readonly hostname: string;
  readonly session: string | null;
  /** What this browser has begun elsewhere, to come back with. */
  readonly begun: string | null;
  /** What this browser has signed up for, to see how far it is. */
  readonly signUp: string | null;
  /** Lines for Set-Cookie, sent if all goes well. */
  readonly cookies: string[];
  /** The session that its answer gives the browser. */
  newSession?: string;
}

/** What the listener says of a request. Only one that came through the socket is local; nothing in a request can say so. */
export interface Origin {
  readonly local?: boolean;
  /** Of the other end of the connection. */
  readonly address?: string | undefined;
}

/**
 * A server on this machine in front of us says who asked it. From elsewhere anybody could say anything; and whatever the
 * browser sent along stands left of what our neighbour adds.
 */
function addressOf(headers: Headers, origin: Origin): string | null {
  if (origin.local) return null;
  const peer = unmapped(origin.address ?? 'unknown');
  if (!/^(?:127(?:\.\d{1,3}){3}|::1)$/.test(peer)) return peer;
  const told = unmapped(headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() ?? '');
  return isIP(told) === 0 ? peer : told;
}

/** An address of IPv4 as such: as part of ::/64 all of them would be one to whoever counts. */
const unmapped = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

export function visitOf(request: Request, origin: Origin): Visit {
  const { headers } = request;
  const url = new URL(request.url);
  const secure =
    headers.get('origin')?.startsWith('https://') === true ||
    headers.get('x-forwarded-proto') === 'https' ||
    url.protocol === 'https:';
  return {
    address: addressOf(headers, origin),
    userAgent: (headers.get('user-agent') ?? '').replace(/[^\x20-\x7e]/g, '?').slice(0, 300),
    secure,
    hostname: url.hostname,
    session: cookieIn(headers.get('cookie') ?? '', url.hostname, sessionName),
    begun: cookieIn(headers.get('cookie') ?? '', url.hostname, begunName),
    signUp: cookieIn(headers.get('cookie') ?? '', url.hostname, signUpName),
    cookies: [],
  };
}

const isOwnMachine = (hostname: string): boolean =>
  /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);

/** Of what the hub does by itself. */
export const noVisit = (): Visit => ({
  address: null,
  userAgent: '',
  secure: false,
  hostname: 'localhost',
  session: null,
  begun: null,
  signUp: null,
  cookies: [],
});

const sessionName = 'aegir_session';
const begunName = 'aegir_begun';
const signUpName = 'aegir_sign_up';

/** A name that begins so no other site of our domain can set, nor anything that speaks http. */
const ofHost = '__Host-';

/** The plain one counts only where nobody is on the way. */
function cookieIn(header: string, hostname: string, name: string): string | null {
  const all = header.split(';').map((part) => part.trim().split('='));
  const named = (wanted: string) => all.find(([key]) => key === wanted)?.[1] ?? null;
  return named(ofHost + name) ?? (isOwnMachine(hostname) ? named(name) : null);
}

/** SameSite is Lax, as with Strict who comes back from single sign-on would not be known. Throws Problem 'forbidden'. */
function setCookie(visit: Visit, name: string, value: string, maxAgeS: number): void {
  demandSafeWay(visit);
  const [start, end] = visit.secure ? [ofHost, '; Secure'] : ['', ''];
  visit.cookies.push(`${start}${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeS}${end}`);
}

export function setSessionCookie(visit: Visit, value: string, maxAgeS: number): void {
  setCookie(visit, sessionName, value, maxAgeS);
  visit.newSession = value;
}

export const clearSessionCookie = (visit: Visit): void => setCookie(visit, sessionName, '', 0);

export const setBegunCookie = (visit: Visit, value: string, maxAgeS: number): void =>
  setCookie(visit, begunName, value, maxAgeS);

export const setSignUpCookie = (visit: Visit, value: string, maxAgeS: number): void =>
  setCookie(visit, signUpName, value, maxAgeS);

/** Nobody types a password where others can read along. */
export function demandSafeWay({ secure, hostname }: Visit): void {
  if (!secure && !isOwnMachine(hostname))
    throw new Problem('forbidden', 'this connection is not encrypted', {
      hint: 'Open the panel by its https address, or on its own machine at http://localhost.',
    });
}

/**
 * What pages of others make a browser send is refused, also those of neighbours below the same domain: hosted sites may be
 * there. A program that is no browser says neither; `strict` wants that it is one. Throws Problem 'forbidden'.
 */
export function demandSameOrigin({ headers, url }: Request, { strict }: { readonly strict: boolean }): void {
  const site = headers.get('sec-fetch-site');
  const origin = headers.get('origin');
  const same =
    site === null
      ? origin === null
        ? !strict
        : URL.canParse(origin) && new URL(origin).host === new URL(url).host
      : site === 'same-origin' || (site === 'none' && !strict);
  if (!same)
    throw new Problem('forbidden', 'this request comes from another page than ours', {
      hint: 'Ask it from the panel. A program sends a token instead: aegir token create.',
    });
}
