import { Button, Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { tell } from '../parts/tell.ts';
import { useText } from '../text/text.ts';

/** Seen this once: only a button closes it, no click beside it. */
export function ShownCodes({ codes, close }: { codes: readonly string[]; close: () => void }): ReactNode {
  const text = useText();
  const copy = (): void => void navigator.clipboard.writeText(codes.join('\n')).then(() => tell(text.log.copied));
  return (
    <Modal
      opened
      onClose={close}
      title={text.own.codes}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <div className="stack">
        <p>{text.own.codesAbout}</p>
        <ul className="recovery-codes">
          {codes.map((code) => (
            <li key={code}>
              <code>{code}</code>
            </li>
          ))}
        </ul>
        <div className="actions end">
          <Button variant="default" onClick={copy}>
            {text.log.copy}
          </Button>
          <Button onClick={close}>{text.own.codesKept}</Button>
        </div>
      </div>
    </Modal>
  );
}
