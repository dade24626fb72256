import { z } from 'zod';
import { hostName } from '../model/host-name.ts';
import { platformRoot } from '../model/platform.ts';
import { Problem } from '../model/problem.ts';

/**
 * What no text of ours holds: control characters (NUL is no text for PostgreSQL, a newline forges a log line), lone
 * surrogates, separators that end a line elsewhere, marks that reverse how the rest of a line is shown.
 */
const unfit = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;

const noUnfit = (text: string): boolean => !unfit.test(text);
const unfitMessage = 'holds a character that is not text (control, line separator, direction mark or half of one)';

/** One line a person wrote: kept exactly as it is. */
export const line = (lengthMax: number) =>
  z
    .string()
    .min(1)
    .max(lengthMax)
    .refine(noUnfit, unfitMessage)
    .refine((text) => text.trim() !== '', 'holds nothing but blanks');

export const title = line(255);

export const email = z
  .email()
  .max(254)
  .refine((text) => !text.startsWith('-'), 'begins with a hyphen');

/** What stands in a path for a subject: its name, its context name (@…) or its id. */
export const subjectName = z.string().min(1).max(300).refine(noUnfit, unfitMessage);
/** The same where a body or query refers to a subject. */
export const reference = subjectName;

const bigintMax = 9_223_372_036_854_775_807n;
export const id = z
  .string()
  .regex(/^[1-9][0-9]{0,18}$/, 'is not a number that we gave out')
  .refine((text) => /^[0-9]{1,19}$/.test(text) && BigInt(text) <= bigintMax, 'is too large');

/** All digits would be taken for an id. */
export const short = z
  .string()
  .regex(/^(?!\d+$)[a-z0-9][a-z0-9_-]{0,62}$/, 'is not a short name: small letters, digits, _ and -, not only digits');

/** Also the name of a UNIX group, which is why it is so short. */
export const clientName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,15}$/, 'is not a client name: a small letter, then up to 15 letters, digits, _ and -');

/** Stored in one spelling: small letters and punycode. */
export const host = hostBy(hostName);
/** The same, and all names below one: '*.example.com'. */
export const hostOrStar = hostBy((given) =>
  given.startsWith('*.') ? `*.${hostName(given.slice('*.'.length))}` : hostName(given),
);

function hostBy(spell: (given: string) => string) {
  return z
    .string()
    .max(1000)
    .transform((given, context) => {
      try {
        return spell(given);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        context.addIssue({ code: 'custom', message: error.message });
        return z.NEVER;
      }
    });
}

/** What ssh and other machines call a server: a host name, 'localhost', a bare name or an address. */
export const serverHost = z
  .string()
  .regex(/^(?![-.])[A-Za-z0-9.:-]{1,253}(?<![-.])$/, 'is neither a host name nor an address');

const segments = (path: string): readonly string[] => path.slice(1).split('/');
const normal = (path: string): boolean => segments(path).every((part) => part !== '' && part !== '.' && part !== '..');

/** An absolute path in its one spelling, of characters that need no quoting anywhere. */
export const path = z
  .string()
  .max(1000)
  .regex(platformRoot, 'is not an absolute path of letters, digits, dots, hyphens and underscores')
  .refine((text) => !platformRoot.test(text) || normal(text), "holds an empty part, '.' or '..', or ends in a slash");

const system = /^\/(?:(?:bin|boot|dev|etc|lib|lib64|proc|root|run|sbin|sys)(?:\/.*)?|home|opt|srv|tmp|usr|var)$/;

/** Everything below it is published, so the system's own directories are refused. */
export const root = path.refine((text) => !system.test(text), 'is a directory of the system');

/** A directory below sites/ of a platform. */
export const directory = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/, 'is not the name of a directory')
  .refine((text) => !text.includes('..'), "holds '..'");

export const profile = z.string().regex(/^(?:[a-z][a-z0-9_]{0,62})?$/, 'is not the machine name of a profile');
export const language = z
  .string()
  .regex(/^[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}$/, "is not a language code such as 'en', 'pt-br' or 'de_DE'");

/** A word that the hub defines elsewhere: the name of an engine, a service type, a setting. */
export const word = z.string().regex(/^[a-z][a-z0-9_.-]{0,62}$/, 'is not a name');

/** The machine name of a package; a theme of WordPress may lie in a directory of several. */
export const packageName = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]{0,127}(?:\/[\w.-]{1,127})?$/, 'is not the name of a package');

/** Data that a plug-in keeps, by the plug-in's name. The hub checks what is in it when it reads the request. */
export const data = z.record(z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, 'is not the name of a plug-in'), z.unknown());

/** 'site read', 'site task', or one task by its name. */
export const permission = z.string().regex(/^[a-z][a-z-]* [a-z][a-z -]{0,62}$/, 'is not a permission');

/** One that is to be: NIST SP 800-63B asks for length, and for no kinds of characters. */
export const newPassword = z
  .string()
  .min(12, 'is shorter than 12 characters')
  .max(256)
  .refine((text) => text.isWellFormed() && !text.includes('\0'), unfitMessage)
  .refine((text) => new Set(text).size >= 5, 'is the same few characters again and again');

/** One that somebody says is theirs: whatever it is, it is compared. */
export const givenPassword = z
  .string()
  .min(1)
  .max(256)
  .refine((text) => text.isWellFormed(), unfitMessage);

/** As the system that runs us knows it: 'Europe/Paris'. */
export const timeZone = z
  .string()
  .max(64)
  .refine((text) => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
    } catch {
      return false; // A RangeError: there is no such zone.
    }
  }, 'is not the name of a time zone');

/** Where a webhook's requests go. A name and password in it would be in our lists; the hub looks at where it leads. */
export const webhookUrl = z
  .string()
  .max(2000)
  .refine(
    (text) => noUnfit(text) && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    'is no web address',
  )
  .refine((text) => {
    if (!URL.canParse(text)) return true; // That was said already.
    const { username, password, hash } = new URL(text);
    return username === '' && password === '' && hash === '';
  }, "holds a name and password, or a '#'");

/** The one spelling of an origin. Passwords go there, so it is https, or it never leaves the machine. */
export const origin = z
  .string()
  .max(300)
  .refine(
    (text) => URL.canParse(text) && new URL(text).origin === text,
    'is not an address without a path, such as https://panel.example.com',
  )
  .refine((text) => /^https:|^http:\/\/(?:[^/]+\.)?localhost(?::\d+)?$/.test(text), 'does not begin with https://');

/** One that PostgreSQL has: from the year 1, and no zone is 16 hours away. */
export const time = z.iso
  .datetime({ offset: true })
  .refine((text) => !/^0000|[+-](?:1[6-9]|2\d):\d\d$/.test(text), 'is not a time that we can keep');
