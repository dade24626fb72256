import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useWish } from '../hub.ts';
import { useText } from '../text/text.ts';
import { ActButton } from './act.tsx';
import { DangerDialog } from './danger.tsx';

const lists = {
  client: '/clients',
  account: '/accounts',
  role: '/roles',
  offer: '/offers',
  certificate: '/certificates',
  reserve: '/reserves',
} as const;

export function DeleteButton({
  noun,
  name,
  isUsed = false,
}: {
  noun: keyof typeof lists;
  name: string;
  /** By what has to go first. */
  isUsed?: boolean;
}): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  const [isOpen, setOpen] = useState(false);
  const { mutateAsync } = useWish(`${noun} delete`);
  return (
    <>
      <ActButton
        needs={`${noun} delete`}
        reason={isUsed ? text[noun].deleteAbout : undefined}
        variant="outline"
        color="red"
        onClick={() => setOpen(true)}
      >
        {text[noun].delete}
      </ActButton>
      {isOpen && (
        <DangerDialog
          title={text[noun].delete}
          name={name}
          act={async () => {
            await mutateAsync({ params: { name } });
            await navigate({ to: lists[noun] });
          }}
          close={() => setOpen(false)}
        >
          <p>{text[noun].deleteAbout}</p>
        </DangerDialog>
      )}
    </>
  );
}
