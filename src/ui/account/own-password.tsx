import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { problemErrors } from '../form/errors.ts';
import { call, queries } from '../hub.ts';
import { Card } from '../parts/facts.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { tell } from '../parts/tell.ts';
import { renew, useSession } from '../session.ts';
import { SecretInput } from '../sign-in/secret-input.tsx';
import { useText } from '../text/text.ts';

export function OwnPassword(): ReactNode {
  const text = useText();
  const session = useSession();
  const [old, setOld] = useState('');
  const [next, setNext] = useState('');
  const change = useMutation<void, Error>({
    mutationFn: async () => renew(await call('password change', { body: { old, new: next } })),
    onSuccess: () => {
      setOld('');
      setNext('');
      tell(text.own.passwordChanged);
      void queries.invalidateQueries();
    },
  });
  const wrong = problemErrors(change.error);
  return (
    <Card title={text.signIn.password}>
      <form
        className="stack form"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <input type="text" autoComplete="username" value={session?.account.name ?? ''} readOnly hidden />
        <SecretInput label={text.own.oldPassword} value={old} change={setOld} error={wrong.get('password')} />
        <SecretInput
          label={text.own.newPassword}
          description={text.invitation.passwordAbout}
          value={next}
          change={setNext}
          error={wrong.get('new')}
          isNew
        />
        {change.error && wrong.size === 0 && <ProblemNote problem={change.error} />}
        <div className="actions">
          <Button type="submit" loading={change.isPending} disabled={old === '' || next === ''}>
            {text.own.changePassword}
          </Button>
        </div>
      </form>
    </Card>
  );
}
