import { Modal } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { EndpointName } from '../../api/endpoints.ts';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { useWish } from '../hub.ts';
import type { Column } from '../list/columns.ts';
import type { Item } from '../list/endpoint-list.ts';
import { List } from '../list/list.tsx';
import { ActButton } from '../parts/act.tsx';
import { ShownOnce } from '../parts/shown-once.tsx';
import { tellProblem } from '../parts/tell.ts';
import { Time } from '../parts/time.tsx';
import { session } from '../session.ts';
import { text as current, useText } from '../text/text.ts';

type Token = Item<'token list'>;

const columns: readonly Column<Token>[] = [
  { id: 'title', title: ({ fields }) => fields.title, min: 140, grow: 2, show: ({ title }) => title },
  {
    id: 'used',
    title: ({ fields }) => fields.lastUsedAt,
    min: 110,
    show: ({ lastUsedAt }) => <Time at={lastUsedAt} />,
  },
  {
    id: 'expires',
    title: ({ fields }) => fields.expiresAt,
    min: 110,
    show: ({ expiresAt }) => <Time at={expiresAt} />,
  },
  {
    id: 'created',
    title: ({ fields }) => fields.createdAt,
    min: 110,
    show: ({ createdAt }) => <Time at={createdAt} />,
  },
  {
    id: 'revoke',
    title: ({ account }) => account.revoke,
    min: 90,
    grow: 0.3,
    show: (token) => <Revoke token={token} />,
  },
];

/** Those of somebody else are a matter of power over their account. */
const needsOf = (own: 'token create' | 'token delete', account: string): EndpointName =>
  account === session()?.account.name ? own : 'account set';

function Revoke({ token }: { token: Token }): ReactNode {
  const wish = useWish('token delete');
  if (token.revokedAt !== null) return <span className="dim">{current().account.revoked}</span>;
  return (
    <ActButton
      needs={needsOf('token delete', token.account)}
      variant="subtle"
      color="red"
      size="compact-xs"
      loading={wish.isPending}
      onClick={() => wish.mutate({ params: { token: token.id } }, { onError: tellProblem })}
    >
      {current().account.revoke}
    </ActButton>
  );
}

export function Tokens({ account }: { account: string }): ReactNode {
  const text = useText();
  const [isOpen, setOpen] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const close = (): void => {
    setOpen(false);
    setMade(null);
  };
  return (
    <>
      <List
        name="token list"
        title={text.account.tokens}
        fixed={{ account }}
        columns={columns}
        keyOf={({ id }) => id}
        icon="key"
        none={text.account.noTokens}
        actions={
          <ActButton needs={needsOf('token create', account)} onClick={() => setOpen(true)}>
            {text.account.makeToken}
          </ActButton>
        }
      />
      <Modal
        opened={isOpen}
        onClose={close}
        title={text.account.makeToken}
        closeButtonProps={{ 'aria-label': text.parts.close }}
      >
        {made === null ? (
          <EndpointForm
            name="token create"
            fixed={{ account }}
            submit={text.account.makeToken}
            done={({ token }) => setMade(token)}
          />
        ) : (
          <ShownOnce about={text.account.tokenOnce} label={text.signIn.token} value={made} close={close} />
        )}
      </Modal>
    </>
  );
}
