import { orNull } from './first-site.ts';
import { call } from './hub-call.ts';

const name = 'admin';

/** A one-time link for the first administrator, anew each time until it was used. Null: somebody can sign in already. */
export async function firstInvitation(): Promise<string | null> {
  for (let after: string | undefined; ; ) {
    const page = await call('account list', { query: { limit: 200, ...(after !== undefined && { after }) } });
    if (page.items.some(({ hasPassword }) => hasPassword)) return null;
    if (page.next === null) break;
    after = page.next;
  }
  const there = await orNull(call('account get', { params: { name } }));
  if (there) return (await call('account invite', { params: { name } })).link;
  return (await call('account create', { body: { name, invite: true } })).invitation?.link ?? null;
}
