import type { EndpointName } from '../../api/endpoints.ts';
import { type Session, session, useSession } from '../session.ts';
import { useText } from '../text/text.ts';

/** Whether this person may ask this: of what belongs to a client, or of anything at all. Whatever is shown, the hub decides. */
export const may = (name: EndpointName, client?: string): boolean => mayIn(session(), name, client);

/** Why this person may not ask this, as `may` knows it. */
export function useWhyNot(name: EndpointName | undefined, client?: string): string | undefined {
  const text = useText();
  const who = useSession();
  if (name === undefined || who === null || mayIn(who, name, client)) return undefined;
  if (who.impersonation) return text.may.asAnother(who.account.name);
  const there = who.roles.filter((one) => client === undefined || one.client === null || one.client === client);
  return text.may.not([...new Set(there.map(({ role }) => role))]);
}

function mayIn(who: Session | null, name: EndpointName, client: string | undefined): boolean {
  if (who === null) return false;
  if (client === undefined) return who.permissions.includes(name);
  const rights =
    who.rights.find(({ clients }) => clients?.includes(client)) ?? who.rights.find(({ clients }) => !clients);
  return rights?.permissions.includes(name) ?? false;
}
