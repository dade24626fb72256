import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { Icon } from '../parts/icon.tsx';
import { useText } from '../text/text.ts';
import type { Act } from './palette-finds.ts';

const PaletteDialog = lazy(async () => ({ default: (await import('./palette-dialog.tsx')).PaletteDialog }));
const Acting = lazy(async () => ({ default: (await import('./palette-acting.tsx')).Acting }));

/** Opens the way to everything by its name: with a click, with Ctrl or ⌘ K, or with / where nothing is being typed. */
export function PaletteButton(): ReactNode {
  const text = useText();
  const [isOpen, setOpen] = useState(false);
  const [acts, setActs] = useState<{ readonly last: Act | null; readonly count: number }>({ last: null, count: 0 });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!opens(event)) return;
      event.preventDefault();
      setOpen(true);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      <button
        type="button"
        className="palette-button"
        aria-keyshortcuts="Control+K Meta+K /"
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
      >
        <Icon name="search" size={14} />
        <span>{text.palette.open}</span>
        <kbd aria-hidden>{isApple ? '⌘ K' : 'Ctrl K'}</kbd>
      </button>
      <Suspense>
        {isOpen && (
          <PaletteDialog
            close={() => setOpen(false)}
            act={(act) => setActs(({ count }) => ({ last: act, count: count + 1 }))}
          />
        )}
        {acts.last && <Acting key={acts.count} act={acts.last} />}
      </Suspense>
    </>
  );
}

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);

function opens({ key, ctrlKey, metaKey, altKey, target }: KeyboardEvent): boolean {
  if (altKey) return false;
  if (key.toLowerCase() === 'k') return ctrlKey || metaKey;
  return key === '/' && !ctrlKey && !metaKey && !isTyping(target);
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'));
