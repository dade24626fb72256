import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Problem } from '../../model/problem.ts';

/**
 * As OWASP's cheat sheet of 2025 has it for argon2id: 19 MiB, twice. They stand in each hash; when they are raised here, a
 * person's next sign-in makes a new hash.
 */
const current: Cost = { memory: 19_456, passes: 2, parallelism: 1 };
const saltBytes = 16;
const tagBytes = 32;

interface Cost {
  /** In KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** '$argon2id$v=19$m=19456,t=2,p=1$salt$hash', the form that other programs read too. */
export async function passwordHash(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const tag = await inTurn(() => derive(password, salt, tagBytes, current));
  const { memory, passes, parallelism } = current;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${text(salt)}$${text(tag)}`;
}

/**
 * Whether this is the password, and whether its hash should be made anew. `hash` is null where there is no account, or one
 * without a password: the answer is no, and takes as long as another's.
 */
export async function isPassword(
  password: string,
  hash: string | null,
): Promise<{ readonly right: boolean; readonly stale: boolean }> {
  const { salt, tag, cost } = hash === null ? nobody : parsed(hash);
  const found = await inTurn(() => derive(password, salt, tag.length, cost));
  const right = timingSafeEqual(found, tag) && hash !== null;
  return { right, stale: right && Object.entries(current).some(([key, value]) => cost[key as keyof Cost] !== value) }; // its own keys
}

const nobody = { salt: Buffer.alloc(saltBytes), tag: Buffer.alloc(tagBytes), cost: current };

function parsed(hash: string): { readonly salt: Buffer; readonly tag: Buffer; readonly cost: Cost } {
  const form = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
  const [, memory, passes, parallelism, salt = '', tag = ''] = form.exec(hash) ?? [];
  if (memory === undefined) throw new Error('a hash in table password is not one of argon2id');
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  return { salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64'), cost };
}

/** Base64 without its padding, as the form wants it. */
const text = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

const argon2Async = promisify(argon2);
const derive = (password: string, nonce: Buffer, tagLength: number, cost: Cost): Promise<Buffer> =>
  // What looks alike is alike, however a keyboard makes it.
  argon2Async('argon2id', { message: password.normalize('NFKC'), nonce, tagLength, ...cost });

/** Each takes 19 MiB and one of the few threads that files and names of hosts need too. */
const atOnceMax = 2;
const waitingMax = 64;
let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= atOnceMax) {
    if (waiting.length >= waitingMax)
      throw new Problem('throttled', 'too many people sign in at this moment', {
        hint: 'Try again in a few seconds.',
        retryAfterMs: 5000,
      });
    // Whoever ends hands its place on, so `running` stays as it is.
    await new Promise<void>((resolve) => void waiting.push(resolve));
  } else running += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}
