import type { ReactNode } from 'react';
import { useText } from '../text/text.ts';

/** How much of something is used; null: there is no limit to it. */
export function Used({
  name,
  used,
  most,
  shown = (count) => count.toLocaleString(),
}: {
  name: string;
  used: number;
  most: number | null;
  shown?: (count: number) => string;
}): ReactNode {
  const text = useText();
  const words = most === null ? text.client.unlimited(shown(used)) : text.client.usedOf(shown(used), shown(most));
  return (
    <div>
      <p className="used">
        <b>{name}</b>
        <span className="number dim">{words}</span>
      </p>
      {most !== null && (
        <div className="progress" data-full={used >= most} aria-hidden="true">
          <div style={{ width: `${most === 0 ? 100 : Math.min(100, (100 * used) / most)}%` }} />
        </div>
      )}
    </div>
  );
}
