import assert from 'node:assert/strict';
import type { Answered, TestHub } from './hub.ts';

/** A browser with its cookies, and a page of the panel open in it. */
export interface Browser {
  readonly cookies: Map<string, string>;
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<BrowserAnswer>;
  good(method: string, path: string, body?: unknown): Promise<Answered>;
  problem(code: string, method: string, path: string, body?: unknown): Promise<Answered>;
  /** Also takes in what the page sends with each request from then on. */
  signIn(name: string, password: string): Promise<Answered>;
  session(): Promise<Answered>;
}
interface BrowserAnswer {
  readonly status: number;
  readonly body: Answered;
  readonly response: Response;
}

interface Where {
  /** 'http://localhost:8460', or 'https://panel.example.com' with a server in front that speaks http to us. */
  readonly origin?: string;
  readonly address?: string;
}

export function browser(
  { app }: TestHub,
  { origin = 'http://localhost:8460', address = '127.0.0.1' }: Where = {},
): Browser {
  const cookies = new Map<string, string>();
  let csrf: string | null = null;
  const isHttps = origin.startsWith('https:');
  const ask: Browser['ask'] = async (method, path, body, headers = {}) => {
    const sent = {
      'sec-fetch-site': 'same-origin',
      'user-agent': 'Test/1.0',
      ...(isHttps && { 'x-forwarded-proto': 'https', 'x-forwarded-for': address }),
      ...sentBy(cookies),
      ...(method !== 'GET' && { origin, ...(csrf !== null && { 'x-aegir-csrf': csrf }) }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    };
    const response = await app.request(
      `${origin.replace('https:', 'http:')}${path}`,
      { method, headers: sent, ...(body !== undefined && { body: JSON.stringify(body) }) },
      { local: false, address: isHttps ? '127.0.0.1' : address },
    );
    for (const line of response.headers.getSetCookie()) keep(cookies, line);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    const answer = isJson ? JSON.parse(text) : text;
    if (response.ok && isJson && 'csrf' in answer) ({ csrf } = answer);
    return { status: response.status, body: answer, response };
  };
  const good: Browser['good'] = async (method, path, body) => {
    const answer = await ask(method, path, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const session = () => good('GET', '/api/session');
  return {
    cookies,
    ask,
    good,
    session,
    async problem(code, method, path, body) {
      const answer = await ask(method, path, body);
      assert.equal(answer.body.code, code, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    async signIn(name, password) {
      const answer = await good('POST', '/api/session', { name, password });
      if (answer.next === null) await session();
      return answer;
    },
  };
}

const sentBy = (cookies: ReadonlyMap<string, string>): { cookie?: string } =>
  cookies.size === 0 ? {} : { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };

function keep(cookies: Map<string, string>, line: string): void {
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
  if (line.includes('Max-Age=0')) cookies.delete(name);
  else cookies.set(name, value);
}

export const goodPassword = 'correct horse battery';

/** An account manager with a password, chosen by invitation. Answers the browser that it is signed in with. */
export async function invited(hub: TestHub, name: string, where?: Where): Promise<Browser> {
  const { invitation } = await hub.good('POST', '/api/accounts', { name, role: 'account-manager', invite: true });
  const made = browser(hub, where);
  await made.good('POST', '/api/invitation/accept', { secret: secretOf(invitation.link), password: goodPassword });
  await made.session();
  return made;
}

export const secretOf = (link: string): string => new URL(link).hash.slice(1);
