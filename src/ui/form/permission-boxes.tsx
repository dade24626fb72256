import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { isPermission } from '../../model/permission.ts';
import { asks } from '../hub.ts';
import { Loaded } from '../parts/loaded.tsx';
import { titleOf } from '../task/title.ts';
import { useText } from '../text/text.ts';
import { describedOf } from './label.ts';

/** '*' is all of them. */
const holds = (chosen: ReadonlySet<string>, name: string): boolean => chosen.has('*') || chosen.has(name);
const nounOf = (name: string): string => name.split(' ')[0] ?? '';

/** What a role can let one do, by what it is about. Every task of a noun is in `<noun> task`. */
export function PermissionBoxes({
  chosen,
  choose,
  isFixed = false,
}: {
  chosen: ReadonlySet<string>;
  choose: (chosen: ReadonlySet<string>) => void;
  isFixed?: boolean;
}): ReactNode {
  const text = useText();
  const permissions = useQuery({ ...asks('permission list', {}), staleTime: Number.POSITIVE_INFINITY });
  const set = (name: string, is: boolean): void =>
    choose(new Set(is ? [...chosen, name] : [...chosen].filter((one) => one !== name)));
  const words: Readonly<Record<string, string>> = { ...text.fields, backup: text.nouns.backup };
  return (
    <Loaded query={permissions} lines={10}>
      {({ items }) => (
        <div className="boxes">
          {[...Map.groupBy(items, ({ name }) => nounOf(name))].map(([noun, all]) => (
            <fieldset key={noun} className="card">
              <legend>{words[noun] ?? noun}</legend>
              {all.map(({ name, about, of }) => {
                const isImplied = !isPermission(name) && holds(chosen, `${noun} task`);
                return (
                  <label key={name} className="check">
                    <input
                      type="checkbox"
                      checked={isImplied || holds(chosen, name)}
                      disabled={isFixed || isImplied}
                      onChange={(event) => set(name, event.currentTarget.checked)}
                    />
                    <span>
                      <b>{name}</b>
                      {of === 'hub' && <span className="dim"> · {text.role.ofHub}</span>}
                      <span className="dim about">
                        {isPermission(name) ? describedOf(about) : titleOf({ name, title: about }, text.tasks)}
                      </span>
                    </span>
                  </label>
                );
              })}
            </fieldset>
          ))}
        </div>
      )}
    </Loaded>
  );
}
