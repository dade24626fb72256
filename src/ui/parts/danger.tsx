import { Button, Modal, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useText } from '../text/text.ts';
import { ProblemNote } from './problem-note.tsx';

/** Asks for the name of what is at stake before it is done. */
export function DangerDialog({
  title,
  name,
  children,
  act,
  close,
}: {
  title: string;
  name: string;
  children?: ReactNode;
  act: () => Promise<unknown>;
  close: () => void;
}): ReactNode {
  const text = useText();
  const [typed, setTyped] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const go = async (): Promise<void> => {
    setBusy(true);
    await act().then(close, setProblem);
    setBusy(false);
  };
  return (
    <Modal opened onClose={close} title={title} closeButtonProps={{ 'aria-label': text.parts.close }}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void go();
        }}
      >
        {children}
        <TextInput
          label={text.parts.typeName(name)}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
          data-autofocus
        />
        {problem !== null && <ProblemNote problem={problem} />}
        <div className="actions end">
          <Button variant="default" onClick={close}>
            {text.parts.cancel}
          </Button>
          <Button type="submit" color="red" loading={isBusy} disabled={typed !== name}>
            {title}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
