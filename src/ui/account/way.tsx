import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { asks } from '../hub.ts';
import { useText } from '../text/text.ts';

type Sent = Answer<'notification list'>['items'][number];

export const webhooksOf = (account: string) => asks('webhook list', { query: { account, limit: 200 } });

/** By which way somebody was told: by mail, or by which webhook. */
export function Way({ of: { way, webhook, account } }: { of: Sent }): ReactNode {
  const text = useText();
  const webhooks = useQuery({ ...webhooksOf(account), enabled: webhook !== null });
  return webhooks.data?.items.find(({ id }) => id === webhook)?.title ?? text.told.ways[way];
}
