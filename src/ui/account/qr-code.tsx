import encodeQr from 'qr';
import type { ReactNode } from 'react';

const quiet = 4;

/** Dark on white in both themes: not every camera reads the other way round. */
export function QrCode({ of, title }: { of: string; title: string }): ReactNode {
  const rows = encodeQr(of, 'raw', { border: quiet });
  const path = rows.map((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')).join('')).join('');
  return (
    <svg className="qr" viewBox={`0 0 ${rows.length} ${rows.length}`} role="img" aria-label={title}>
      <path d={path} />
    </svg>
  );
}
