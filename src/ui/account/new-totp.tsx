import { Button, Modal, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { problemErrors } from '../form/errors.ts';
import { call, queries } from '../hub.ts';
import { Loaded } from '../parts/loaded.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { useText } from '../text/text.ts';
import { QrCode } from './qr-code.tsx';

/** An authenticator app; it counts once a code of it was shown. */
export function NewTotp({
  done,
  close,
}: {
  done: (codes: readonly string[] | null) => void;
  close: () => void;
}): ReactNode {
  const text = useText();
  const begun = useQuery({
    queryKey: ['totp begin'],
    queryFn: () => call('totp begin', {}),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  });
  return (
    <Modal opened onClose={close} title={text.own.totp} closeButtonProps={{ 'aria-label': text.parts.close }}>
      <Loaded query={begun} lines={8}>
        {(one) => <Show {...one} done={done} />}
      </Loaded>
    </Modal>
  );
}

function Show({
  attempt,
  secret,
  uri,
  done,
}: {
  attempt: string;
  secret: string;
  uri: string;
  done: (codes: readonly string[] | null) => void;
}): ReactNode {
  const text = useText();
  const [typed, setTyped] = useState('');
  const create = useMutation<void, Error>({
    mutationFn: async () => {
      const body = { attempt, code: typed.replaceAll(/\s/g, '') };
      const { recoveryCodes } = await call('totp create', { body });
      await queries.invalidateQueries({ queryKey: ['factor list'] });
      done(recoveryCodes);
    },
  });
  const wrong = problemErrors(create.error).get('code');
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate();
      }}
    >
      <p>{text.own.totpAbout}</p>
      <QrCode of={uri} title={text.own.qr} />
      <p className="dim">
        {text.own.byHand} <code className="breaks">{secret}</code>
      </p>
      <TextInput
        label={text.own.code}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        error={wrong}
        autoComplete="one-time-code"
        inputMode="numeric"
        classNames={{ input: 'mono' }}
        data-autofocus
      />
      {create.error && wrong === undefined && <ProblemNote problem={create.error} />}
      <Button type="submit" loading={create.isPending} disabled={typed.trim() === ''}>
        {text.own.setUp}
      </Button>
    </form>
  );
}
