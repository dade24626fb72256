import { Button, Modal, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { call, queries } from '../hub.ts';
import { ProblemNote } from '../parts/problem-note.tsx';
import { makePasskey } from '../sign-in/passkey.ts';
import { useText } from '../text/text.ts';

export function NewPasskey({
  done,
  close,
}: {
  done: (codes: readonly string[] | null) => void;
  close: () => void;
}): ReactNode {
  const text = useText();
  const [title, setTitle] = useState('');
  const create = useMutation<void, Error>({
    mutationFn: async () => {
      const { attempt, options } = await call('passkey begin', {});
      const passkey = await makePasskey(options);
      const { recoveryCodes } = await call('passkey create', { body: { attempt, title: title.trim(), passkey } });
      await queries.invalidateQueries({ queryKey: ['factor list'] });
      done(recoveryCodes);
    },
  });
  return (
    <Modal opened onClose={close} title={text.own.addPasskey} closeButtonProps={{ 'aria-label': text.parts.close }}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <p>{text.own.passkeyAbout}</p>
        <TextInput
          label={text.own.passkeyTitle}
          placeholder={text.own.passkeyExample}
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
        {create.error && <ProblemNote problem={create.error} />}
        <Button type="submit" loading={create.isPending} disabled={title.trim() === ''}>
          {text.own.addPasskey}
        </Button>
      </form>
    </Modal>
  );
}
