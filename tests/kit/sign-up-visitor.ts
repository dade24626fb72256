import assert from 'node:assert/strict';
import type { TestHub } from './hub.ts';
import type { MailServer } from './mail-server.ts';

interface Seen {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** Somebody's browser, at an address of its own. */
export class SignUpVisitor {
  readonly #app: TestHub['app'];
  readonly #address: string;
  #cookie = '';
  constructor(app: TestHub['app'], address = '192.0.2.1') {
    this.#app = app;
    this.#address = address;
  }

  async #ask(path: string, request: RequestInit): Promise<Seen> {
    const headers = { host: 'localhost', cookie: this.#cookie, ...request.headers };
    const response = await this.#app.request(
      `http://localhost${path}`,
      { ...request, headers },
      { address: this.#address },
    );
    const [set] = response.headers.getSetCookie();
    if (set) this.#cookie = set.split(';')[0] ?? '';
    return { status: response.status, text: await response.text(), headers: response.headers };
  }

  open(path: string, headers: Record<string, string> = {}): Promise<Seen> {
    return this.#ask(path, { headers });
  }

  send(path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Seen> {
    const own = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin', ...headers };
    return this.#ask(path, { method: 'POST', headers: own, body: new URLSearchParams(fields).toString() });
  }
}

/** The path of the link in the last mail. */
export const linkIn = ({ mails }: MailServer): string =>
  /http:\/\/localhost:8460(\/sign-up\/-\/confirm\?code=\S+)/.exec(mails.at(-1)?.text ?? '')?.[1] ??
  assert.fail('no link');

export const codeIn = (link: string): string => new URL(link, 'http://localhost').searchParams.get('code') ?? '';
