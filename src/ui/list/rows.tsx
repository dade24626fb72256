import type { ReactNode } from 'react';
import { useText } from '../text/text.ts';
import type { Column, ShownColumns } from './columns.ts';
import { type ListName, sortsOf } from './endpoint-list.ts';

export function HeadRow<Item>({
  name,
  columns,
  sort,
  setSort,
  selectAll,
}: {
  name: ListName;
  columns: ShownColumns<Item>;
  sort: string | undefined;
  setSort: (sort: string) => void;
  selectAll: { is: boolean; set: (all: boolean) => void } | undefined;
}): ReactNode {
  const text = useText();
  const sorts = sortsOf(name);
  return (
    <div role="rowgroup" className="row-head">
      <div role="row" className="row" style={{ gridTemplateColumns: columns.template }} aria-rowindex={1}>
        {selectAll && (
          <div role="columnheader">
            <input
              type="checkbox"
              aria-label={text.list.selectAll}
              checked={selectAll.is}
              onChange={(event) => selectAll.set(event.currentTarget.checked)}
            />
          </div>
        )}
        {columns.shown.map(({ id, title, sort: key }) =>
          key !== undefined && sorts.includes(key) ? (
            <div key={id} role="columnheader" aria-sort={ariaSort(sort, key)}>
              <button type="button" className="sort" onClick={() => setSort(nextSort(sort, key))}>
                {title(text)}
                <span aria-hidden="true">{sort === key ? ' ↑' : sort === `-${key}` ? ' ↓' : ''}</span>
              </button>
            </div>
          ) : (
            <div key={id} role="columnheader">
              {title(text)}
            </div>
          ),
        )}
      </div>
    </div>
  );
}

const ariaSort = (sort: string | undefined, key: string): 'ascending' | 'descending' | 'none' => {
  if (sort === key) return 'ascending';
  return sort === `-${key}` ? 'descending' : 'none';
};

/** Up, down, and back to the order that the list has by itself. */
function nextSort(sort: string | undefined, key: string): string {
  if (sort === key) return `-${key}`;
  return sort === `-${key}` ? '' : key;
}

export function Row<Item>({
  item,
  columns,
  template,
  index,
  top,
  selected,
  select,
}: {
  item: Item;
  columns: readonly Column<Item>[];
  template: string;
  index: number;
  top: number;
  selected: boolean | undefined;
  select: ((is: boolean) => void) | undefined;
}): ReactNode {
  const text = useText();
  return (
    <div
      role="row"
      className="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      style={{ gridTemplateColumns: template, transform: `translateY(${top}px)` }}
    >
      {select && (
        <div role="cell">
          <input
            type="checkbox"
            aria-label={text.list.select}
            checked={selected ?? false}
            onChange={(event) => select(event.currentTarget.checked)}
          />
        </div>
      )}
      {columns.map(({ id, show }, at) => (
        <div key={id} role="cell" className={at === 0 ? 'lead' : undefined}>
          {show(item)}
        </div>
      ))}
    </div>
  );
}
