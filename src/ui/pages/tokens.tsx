import { Button, Modal, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { useWish } from '../hub.ts';
import type { Column } from '../list/columns.ts';
import type { Item } from '../list/endpoint-list.ts';
import { List } from '../list/list.tsx';
import { tellProblem } from '../parts/tell.ts';
import { Time } from '../parts/time.tsx';
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

function Revoke({ token }: { token: Token }): ReactNode {
  const wish = useWish('token delete');
  if (token.revokedAt !== null) return <span className="dim">{current().account.revoked}</span>;
  return (
    <Button
      variant="subtle"
      color="red"
      size="compact-xs"
      loading={wish.isPending}
      onClick={() => wish.mutate({ params: { token: token.id } }, { onError: tellProblem })}
    >
      {current().account.revoke}
    </Button>
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
        actions={<Button onClick={() => setOpen(true)}>{text.account.makeToken}</Button>}
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
          <div className="stack">
            <p>{text.account.tokenOnce}</p>
            <TextInput
              aria-label={text.signIn.token}
              value={made}
              readOnly
              classNames={{ input: 'mono' }}
              onFocus={(event) => event.currentTarget.select()}
            />
            <Button onClick={close}>{text.parts.close}</Button>
          </div>
        )}
      </Modal>
    </>
  );
}
