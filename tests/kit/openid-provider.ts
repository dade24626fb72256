import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { Provider } from 'oidc-provider';

export interface OpenidProvider {
  readonly issuer: string;
  /** What it says of a person, by the name that they log in with. */
  readonly people: Record<string, Readonly<Record<string, unknown>>>;
  /** A person goes there, logs in and agrees; answers the address that they are sent back to. */
  visit(location: string, person: string): Promise<URL>;
}

export const openidClient = { client: 'aegir', secret: 'a-secret-of-the-tests-only' };

/** A real OpenID Connect provider on this machine, which lets everybody in by any password. */
export async function openidProvider(t: TestContext, redirectUri: string): Promise<OpenidProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  const people: OpenidProvider['people'] = {};
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: openidClient.client,
        client_secret: openidClient.secret,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username', 'groups'] },
    findAccount: (_, sub) => ({ accountId: sub, claims: async () => ({ sub, ...people[sub] }) }),
    pkce: { required: () => true },
    cookies: { keys: ['of the tests'] },
  });
  const answer = provider.callback();
  server.on('request', (request, response) => void answer(request, response));
  return { issuer, people, visit: (location, person) => walk(location, person, redirectUri) };
}

/** As a browser: follows what it is sent to, keeps cookies, and sends each form it meets. */
async function walk(location: string, person: string, redirectUri: string): Promise<URL> {
  const jar = new Map<string, string>();
  let next: { url: URL; form?: URLSearchParams } = { url: new URL(location) };
  for (let step = 0; step < 20; step += 1) {
    if (next.url.href.startsWith(redirectUri)) return next.url;
    const { url, form } = next;
    const response: Response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form && { method: 'POST', body: form }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
    }
    const to = response.headers.get('location');
    next = to === null ? formIn(await response.text(), url, person) : { url: new URL(to, url) };
  }
  throw new Error('the provider sends around in circles');
}

function formIn(html: string, url: URL, person: string): { url: URL; form: URLSearchParams } {
  const [, action = ''] = /<form[^>]*action="([^"]+)"/.exec(html) ?? [];
  const [, prompt = ''] = /name="prompt" value="([^"]+)"/.exec(html) ?? [];
  if (action === '') throw new Error(`the provider shows no form: ${html.slice(0, 500)}`);
  return { url: new URL(action, url), form: new URLSearchParams({ prompt, login: person, password: 'any' }) };
}
