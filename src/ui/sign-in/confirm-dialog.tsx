import { Button, Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Input } from '../../api/endpoints.ts';
import { problemErrors } from '../form/errors.ts';
import { call } from '../hub.ts';
import { ProblemNote } from '../parts/problem-note.tsx';
import { renew, useSession } from '../session.ts';
import { useText } from '../text/text.ts';
import { showPasskey } from './passkey.ts';
import { SecretInput } from './secret-input.tsx';

/** Asks once more who one is, before what needs it is done. */
export function ConfirmDialog({ settle }: { settle: (isConfirmed: boolean) => void }): ReactNode {
  const text = useText();
  const session = useSession();
  const [password, setPassword] = useState('');
  const confirm = useMutation<void, Error, 'password' | 'passkey'>({
    mutationFn: async (way) => {
      const body = way === 'password' ? { password } : await shownPasskey();
      renew(await call('session confirm', { body }));
      settle(true);
    },
  });
  const wrong = problemErrors(confirm.error).get('password');
  return (
    <Modal
      opened
      onClose={() => settle(false)}
      title={text.signIn.confirm}
      zIndex={300}
      closeButtonProps={{ 'aria-label': text.parts.close }}
    >
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          confirm.mutate('password');
        }}
      >
        <p className="dim">{text.signIn.confirmAbout}</p>
        <input type="text" autoComplete="username" value={session?.account.name ?? ''} readOnly hidden />
        <SecretInput label={text.signIn.password} value={password} change={setPassword} error={wrong} isFirst />
        {confirm.error && wrong === undefined && <ProblemNote problem={confirm.error} />}
        <div className="actions end">
          {session?.secondFactor.ways.includes('passkey') && (
            <Button variant="default" disabled={confirm.isPending} onClick={() => confirm.mutate('passkey')}>
              {text.signIn.showPasskey}
            </Button>
          )}
          <Button type="submit" loading={confirm.isPending} disabled={password === ''}>
            {text.signIn.goOn}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

async function shownPasskey(): Promise<Input<'session confirm'>['body']> {
  const { attempt, options } = await call('session passkey-begin', {});
  return { attempt, passkey: await showPasskey(options) };
}
