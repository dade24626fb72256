import { type ReactNode, useState } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { useWish } from '../hub.ts';
import { ActButton } from '../parts/act.tsx';
import { DangerDialog } from '../parts/danger.tsx';
import { Icon } from '../parts/icon.tsx';
import { ButtonLink } from '../parts/links.tsx';
import { tellProblem } from '../parts/tell.ts';
import { useText } from '../text/text.ts';

type ClientAnswer = Answer<'client get'>;

/** That a client is locked, and the batch that closes its sites or opens them again. Nothing of one that never was. */
export function ClientLockNote({ client }: { client: ClientAnswer }): ReactNode {
  const text = useText();
  const isLocked = client.status === 'locked';
  if (!isLocked && client.lockBatch === null) return null;
  return (
    <div className="note" data-tone={isLocked ? 'warn' : 'good'} role="status">
      <Icon name="alert" />
      <p className="grow">{isLocked ? text.client.isLocked : text.client.wasUnlocked}</p>
      {client.lockBatch !== null && (
        <ButtonLink to="/batches/$batch" params={{ batch: client.lockBatch }} variant="default">
          {text.client.lockBatch}
        </ButtonLink>
      )}
      {isLocked && <UnlockButton client={client} />}
    </div>
  );
}

export function UnlockButton({ client: { name } }: { client: ClientAnswer }): ReactNode {
  const text = useText();
  const wish = useWish('client set');
  return (
    <ActButton
      needs="client set"
      variant="default"
      loading={wish.isPending}
      onClick={() => wish.mutate({ params: { name }, body: { status: 'enabled' } }, { onError: tellProblem })}
    >
      {text.client.unlock}
    </ActButton>
  );
}

export function LockButton({ client: { name, usage } }: { client: ClientAnswer }): ReactNode {
  const text = useText();
  const [isOpen, setOpen] = useState(false);
  const { mutateAsync } = useWish('client set');
  return (
    <>
      <ActButton needs="client set" variant="outline" color="red" onClick={() => setOpen(true)}>
        {text.client.lock}
      </ActButton>
      {isOpen && (
        <DangerDialog
          title={text.client.lock}
          name={name}
          act={() => mutateAsync({ params: { name }, body: { status: 'locked' } })}
          close={() => setOpen(false)}
        >
          <p>{text.client.lockAbout(usage.sites)}</p>
        </DangerDialog>
      )}
    </>
  );
}
