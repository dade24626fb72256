import { Button, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { useText } from '../text/text.ts';

/** Something secret, to be taken along now: it is not shown again. */
export function ShownOnce({
  about,
  label,
  value,
  close,
}: {
  about: string;
  label: string;
  value: string;
  close: () => void;
}): ReactNode {
  const text = useText();
  return (
    <div className="stack">
      <p>{about}</p>
      <TextInput
        aria-label={label}
        value={value}
        readOnly
        classNames={{ input: 'mono' }}
        onFocus={(event) => event.currentTarget.select()}
      />
      <Button onClick={close}>{text.parts.close}</Button>
    </div>
  );
}
