import { Button, Popover, Skeleton, TextInput } from '@mantine/core';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { choiceOf, labelOf } from '../form/label.ts';
import { Icon } from '../parts/icon.tsx';
import { useText } from '../text/text.ts';
import type { ShownColumns } from './columns.ts';
import { canSearch, filtersOf, type ListName, queryFrom } from './endpoint-list.ts';
import type { Search } from './search.ts';
import { Views } from './views.tsx';

const Filters = lazy(async () => ({ default: (await import('./filters.tsx')).Filters }));

const patienceMs = 250;

export function Toolbar<Item>({
  name,
  fixed,
  search,
  change,
  columns,
  actions,
}: {
  name: ListName;
  fixed: Search;
  search: Search;
  change: (words: Search, isAll?: boolean) => void;
  columns: ShownColumns<Item>;
  actions: ReactNode;
}): ReactNode {
  const text = useText();
  const filters = filtersOf(name).filter(([key]) => !(key in fixed));
  const set = filters.filter(([key]) => search[key] !== undefined);
  return (
    <div className="toolbar">
      {canSearch(name) && <SearchField value={search['q'] ?? ''} change={(q) => change({ q })} />}
      {filters.length > 0 && (
        <Popover position="bottom-start" withArrow shadow="md">
          <Popover.Target>
            <Button variant="default" leftSection={<Icon name="filter" size={14} />}>
              {text.list.filter}
              {set.length > 0 && <span className="count">{set.length}</span>}
            </Button>
          </Popover.Target>
          <Popover.Dropdown>
            <div className="stack filters">
              <Suspense fallback={<Skeleton height={160} />}>
                <Filters filters={filters} search={search} change={change} />
              </Suspense>
            </div>
          </Popover.Dropdown>
        </Popover>
      )}
      {set.map(([key]) => (
        <button key={key} type="button" className="chip" onClick={() => change({ [key]: '' })}>
          {labelOf(key)}: {(search[key] ?? '').split(',').map(choiceOf).join(', ')}
          <Icon name="cross" size={12} />
          <span className="unseen">{text.list.takeAway}</span>
        </button>
      ))}
      <Views
        list={name}
        shown={{ ...without(queryFrom(name, search), fixed), columns: [...columns.chosen].join(' ') }}
        show={(view) => change(view, true)}
      />
      <span className="grow" />
      <Columns columns={columns} />
      {actions}
    </div>
  );
}

/** What the page sets is not of the view: it is another page's list too. */
const without = (search: Search, fixed: Search): Search =>
  Object.fromEntries(Object.entries(search).filter(([key]) => !(key in fixed)));

function SearchField({ value, change }: { value: string; change: (q: string) => void }): ReactNode {
  const text = useText();
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    const timer = setTimeout(() => typed !== value && change(typed.trim()), patienceMs);
    return () => clearTimeout(timer);
  });
  return (
    <TextInput
      type="search"
      className="search"
      aria-label={text.list.search}
      placeholder={text.list.search}
      leftSection={<Icon name="search" size={14} />}
      value={typed}
      maxLength={200}
      onChange={(event) => setTyped(event.currentTarget.value)}
    />
  );
}

function Columns<Item>({ columns: { all, chosen, choose } }: { columns: ShownColumns<Item> }): ReactNode {
  const text = useText();
  return (
    <Popover position="bottom-end" withArrow shadow="md">
      <Popover.Target>
        <Button variant="subtle" color="gray" className="wide-only" leftSection={<Icon name="columns" size={14} />}>
          {text.list.columns}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="stack">
          {all.slice(1).map(({ id, title }) => (
            <label key={id} className="check">
              <input
                type="checkbox"
                checked={chosen.has(id)}
                onChange={(event) => choose(id, event.currentTarget.checked)}
              />
              {title(text)}
            </label>
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
