import { orNull } from './first-site.ts';
import { call } from './hub-call.ts';

const name = 'admin';
const role = 'administrator';

/** A one-time link for the first administrator, anew each time until it was used. Null: one can sign in already. */
export async function firstInvitation(): Promise<string | null> {
  for (let after: string | undefined; ; ) {
    const page = await call('account list', { query: { limit: 200, ...(after !== undefined && { after }) } });
    if (page.items.some(({ hasPassword, roles }) => hasPassword && roles.some((one) => one.role === role))) return null;
    if (page.next === null) break;
    after = page.next;
  }
  const there = await orNull(call('account get', { params: { name } }));
  if (!there) return (await call('account create', { body: { name, role, invite: true } })).invitation?.link ?? null;
  if (!there.roles.some((one) => one.role === role)) await call('membership create', { body: { account: name, role } });
  const verb = there.hasPassword ? 'account reset-password' : 'account invite';
  return (await call(verb, { params: { name } })).link;
}
