import { CloseButton } from '@mantine/core';
import { type ReactNode, useSyncExternalStore } from 'react';
import { useText } from '../text/text.ts';
import { onTold, told, untell } from './tell.ts';

/** What was said in passing, also to who hears it. */
export function ToldList(): ReactNode {
  const text = useText();
  const all = useSyncExternalStore(onTold, told);
  return (
    <section className="told" aria-live="polite" aria-label={text.parts.told}>
      {all.map(({ id, tone, message, hint }) => (
        <div key={id} className="note" data-tone={tone}>
          <div className="grow">
            <p>{message}</p>
            {hint !== undefined && <p className="dim">{hint}</p>}
          </div>
          <CloseButton size="sm" aria-label={text.parts.close} onClick={() => untell(id)} />
        </div>
      ))}
    </section>
  );
}
