import { Modal } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { useWish } from '../hub.ts';
import type { Column } from '../list/columns.ts';
import type { Item } from '../list/endpoint-list.ts';
import { List } from '../list/list.tsx';
import { ActButton } from '../parts/act.tsx';
import { To } from '../parts/links.tsx';
import { tellProblem } from '../parts/tell.ts';
import { Time } from '../parts/time.tsx';
import { text as current, useText } from '../text/text.ts';

type Membership = Item<'membership list'>;
type Of = 'account' | 'client' | 'role';

const columns: readonly Column<Membership>[] = [
  {
    id: 'account',
    title: ({ fields }) => fields.account,
    min: 120,
    grow: 2,
    show: ({ account }) => <To noun="account" name={account} />,
  },
  { id: 'role', title: ({ fields }) => fields.role, min: 110, show: ({ role }) => <To noun="role" name={role} /> },
  {
    id: 'client',
    title: ({ fields }) => fields.for,
    min: 110,
    show: ({ client }) =>
      client === null ? <span className="dim">{current().role.everywhere}</span> : <To noun="client" name={client} />,
  },
  {
    id: 'created',
    title: ({ fields }) => fields.since,
    min: 110,
    isExtra: true,
    show: ({ createdAt }) => <Time at={createdAt} />,
  },
  {
    id: 'remove',
    title: ({ parts }) => parts.remove,
    min: 84,
    grow: 0.3,
    show: (membership) => <Remove membership={membership} />,
  },
];

function Remove({ membership: { id, account, role, client } }: { membership: Membership }): ReactNode {
  const wish = useWish('membership delete');
  return (
    <ActButton
      needs="membership delete"
      client={client ?? undefined}
      variant="subtle"
      color="red"
      size="compact-xs"
      loading={wish.isPending}
      aria-label={current().role.takeAway(role, account)}
      onClick={() => wish.mutate({ params: { membership: id } }, { onError: tellProblem })}
    >
      {current().parts.remove}
    </ActButton>
  );
}

/** Who has which role: of one account, for one client, or of one role. */
export function Memberships({ of, name }: { of: Of; name: string }): ReactNode {
  const text = useText();
  const [isOpen, setOpen] = useState(false);
  const close = (): void => setOpen(false);
  return (
    <>
      <List
        name="membership list"
        title={text.tabs.access}
        fixed={{ [of]: name }}
        columns={columns.filter(({ id }) => id !== of)}
        keyOf={({ id }) => id}
        icon="account"
        none={text.role.noMembers[of]}
        actions={
          <ActButton
            needs="membership create"
            client={of === 'client' ? name : undefined}
            onClick={() => setOpen(true)}
          >
            {text.role.give}
          </ActButton>
        }
      />
      <Modal
        opened={isOpen}
        onClose={close}
        title={text.role.give}
        closeButtonProps={{ 'aria-label': text.parts.close }}
      >
        <EndpointForm
          name="membership create"
          client={of === 'client' ? name : undefined}
          fixed={{ [of]: name }}
          submit={text.role.give}
          done={close}
        />
      </Modal>
    </>
  );
}
