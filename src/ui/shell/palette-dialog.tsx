import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Icon, type IconName } from '../parts/icon.tsx';
import { useText } from '../text/text.ts';
import { type Act, type Find, useFinds } from './palette-finds.ts';
import { recents, remember } from './palette-recent.ts';

/** A field and what is found by it, as the combobox pattern has it: the field keeps the focus, arrows move what is chosen. */
export function PaletteDialog({ close, act }: { close: () => void; act: (act: Act) => void }): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useId();
  const [typed, setTyped] = useState('');
  const [chosen, choose] = useState(0);
  const { finds: found, isBusy } = useFinds(typed);
  const [before] = useState(recents);
  const finds = grouped(typed.trim() === '' ? [...before.map(asFind), ...found] : found);
  const at = Math.min(chosen, finds.length - 1);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const run = (find: Find | undefined): void => {
    if (!find || find.reason !== undefined) return;
    close();
    if (find.act) act(find.act);
    if (find.to === undefined) return;
    remember({ title: find.title, to: find.to, icon: find.icon });
    void navigate({ to: find.to });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = moved(event.key, at, finds.length);
    if (next === null && event.key !== 'Enter') return;
    event.preventDefault();
    if (next === null) run(finds[at]);
    else {
      choose(next);
      document.getElementById(optionId(list, next))?.scrollIntoView({ block: 'nearest' });
    }
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click beside it closes it, as Escape does
    <dialog
      ref={dialog}
      className="palette"
      aria-label={text.palette.open}
      onClose={close}
      onClick={({ target }) => target === dialog.current && close()}
    >
      <div className="palette-box">
        <input
          type="text"
          role="combobox"
          aria-label={text.palette.open}
          aria-expanded
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={finds.length > 0 ? optionId(list, at) : undefined}
          placeholder={text.palette.hint}
          value={typed}
          maxLength={200}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            choose(0);
          }}
          onKeyDown={onKeyDown}
        />
        <Options id={list} finds={finds} at={at} choose={choose} run={run} />
        <p className="palette-foot dim" role="status">
          {finds.length === 0 && !isBusy ? text.palette.nothing : text.palette.keys}
        </p>
      </div>
    </dialog>
  );
}

/** Of which option of the list the field speaks. */
const optionId = (list: string, index: number): string => `${list}-${index}`;

function Options({
  id,
  finds,
  at,
  choose,
  run,
}: {
  id: string;
  finds: readonly Find[];
  at: number;
  choose: (index: number) => void;
  run: (find: Find) => void;
}): ReactNode {
  const text = useText();
  return (
    <div id={id} role="listbox" aria-label={text.palette.found} className="palette-list">
      {finds.map((find, index) => (
        <Option
          key={`${find.group} ${find.title} ${find.to}`}
          id={optionId(id, index)}
          find={find}
          isFirst={finds[index - 1]?.group !== find.group}
          isChosen={index === at}
          choose={() => choose(index)}
          run={() => run(find)}
        />
      ))}
    </div>
  );
}

/** Those of a group stand together, in the order in which groups come first. */
const grouped = (finds: readonly Find[]): readonly Find[] =>
  [...Map.groupBy(finds, ({ group }) => group).values()].flat();

const asFind = ({ title, to, icon }: { title: string; to: string; icon: string }): Find => ({
  ...{ group: 'recent', title, to },
  icon: icon as IconName, // Only what was one is kept; of another release it is drawn as nothing.
});

function moved(key: string, at: number, count: number): number | null {
  if (count === 0) return null;
  if (key === 'ArrowDown') return (at + 1) % count;
  if (key === 'ArrowUp') return (at + count - 1) % count;
  return null;
}

function Option({
  id,
  find: { group, title, about, icon, reason },
  isFirst,
  isChosen,
  choose,
  run,
}: {
  id: string;
  find: Find;
  isFirst: boolean;
  isChosen: boolean;
  choose: () => void;
  run: () => void;
}): ReactNode {
  const text = useText();
  return (
    <>
      {isFirst && (
        <div className="palette-group" role="presentation">
          {text.palette.groups[group]}
        </div>
      )}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys of all of them */}
      <div
        id={id}
        role="option"
        tabIndex={-1}
        className="palette-option"
        aria-selected={isChosen}
        aria-disabled={reason !== undefined}
        onMouseMove={choose}
        onClick={run}
      >
        <Icon name={icon} />
        <span>{title}</span>
        <span className="dim">{reason ?? about}</span>
      </div>
    </>
  );
}
