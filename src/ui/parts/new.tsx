import type { ReactNode } from 'react';
import { useText } from '../text/text.ts';
import { ActLink } from './act.tsx';

/** To the form that makes one; of a site, with what is known of it. */
export const New = ({
  noun,
  client,
  ...known
}: {
  noun: 'site' | 'platform' | 'server' | 'client' | 'account' | 'role' | 'offer' | 'reserve' | 'certificate';
  client?: string | undefined;
  platform?: string;
}): ReactNode => (
  <ActLink
    to={`/${noun}s/new`}
    search={{ ...known, ...(client !== undefined && { client }) }}
    needs={`${noun} create`}
    client={client}
  >
    {useText()[noun].create}
  </ActLink>
);
