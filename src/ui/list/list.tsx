import { Skeleton } from '@mantine/core';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { seldom } from '../hub.ts';
import { Empty } from '../parts/empty.tsx';
import type { IconName } from '../parts/icon.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { useText } from '../text/text.ts';
import { type Column, useColumns } from './columns.ts';
import { type Item, type ListName, queryFrom, useEndpointList } from './endpoint-list.ts';
import { HeadRow, Row } from './rows.tsx';
import { type Search, useAddress } from './search.ts';
import { noneSelected, type Selection } from './selection.ts';
import { Toolbar } from './toolbar.tsx';

export interface ListProps<Name extends ListName> {
  readonly name: Name;
  /** Said to a screen reader. */
  readonly title: string;
  readonly params?: Search;
  /** Set by the page: not shown as a filter, not in the address. */
  readonly fixed?: Search;
  readonly columns: readonly Column<Item<Name>>[];
  readonly keyOf: (item: Item<Name>) => string;
  readonly icon: IconName;
  /** What stands where nothing is yet, and the next step. */
  readonly none: string;
  readonly next?: ReactNode;
  readonly actions?: ReactNode;
  /** What can be done with several; without it nothing can be selected. */
  readonly bulk?: (selection: Selection, query: Search, total: number, clear: () => void) => ReactNode;
  readonly everyMs?: number;
}

const rowHeight = 44;

/** Any list of the API: searched, narrowed and sorted by the hub, page after page as one scrolls; the address says what is shown. */
export function List<Name extends ListName>(props: ListProps<Name>): ReactNode {
  const { name, params = {}, fixed = {}, columns, everyMs = seldom, bulk } = props;
  const [search, change] = useAddress();
  const query = { ...queryFrom(name, search), ...fixed };
  const list = useEndpointList(name, params, query, everyMs);
  const box = useRef<HTMLDivElement>(null);
  const shown = useColumns(name, columns, box, bulk !== undefined, [
    search['columns'],
    (asked) => change({ columns: asked }),
  ]);
  const [selection, select] = useState(noneSelected);
  const asked = JSON.stringify(query);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was selected belongs to what was asked for
  useEffect(() => select(noneSelected), [asked]);
  const items = useMemo(() => (list.data?.pages ?? []).flatMap((page) => page.items as Item<Name>[]), [list.data]);
  const total = list.data?.pages[0]?.total ?? 0;
  return (
    <section className="list" aria-label={props.title}>
      <Toolbar name={name} fixed={fixed} search={search} change={change} columns={shown} actions={props.actions} />
      {bulk && selection.count(total) > 0 && (
        <div className="bulk">{bulk(selection, query, total, () => select(noneSelected))}</div>
      )}
      {list.error && <ProblemNote problem={list.error} retry={() => void list.refetch()} />}
      <div
        ref={box}
        role="table"
        aria-label={props.title}
        aria-rowcount={total + 1}
        data-stale={list.isPlaceholderData}
      >
        <HeadRow
          name={name}
          columns={shown}
          sort={search['sort']}
          setSort={(sort) => change({ sort })}
          selectAll={bulk && total > 0 ? { is: selection.isAll, set: (all) => select(selection.all(all)) } : undefined}
        />
        {list.data ? (
          <Rows
            {...props}
            items={items}
            more={list}
            columns={shown.shown}
            template={shown.template}
            selection={selection}
            select={bulk && select}
          />
        ) : (
          !list.error && <Waiting />
        )}
      </div>
      {list.data && total === 0 && (
        <Nothing {...props} isNarrowed={Object.keys(queryFrom(name, search)).some((key) => key !== 'sort')} />
      )}
      <Foot seen={items.length} total={total} />
    </section>
  );
}

function Rows<Name extends ListName>({
  items,
  more,
  columns,
  template,
  keyOf,
  selection,
  select,
}: Pick<ListProps<Name>, 'keyOf'> & {
  items: readonly Item<Name>[];
  more: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
  columns: readonly Column<Item<Name>>[];
  template: string;
  selection: Selection;
  select: ((next: Selection) => void) | undefined;
}): ReactNode {
  const top = useRef<HTMLDivElement>(null);
  const rows = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin: top.current?.offsetTop ?? 0,
  });
  const visible = rows.getVirtualItems();
  const last = visible.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = more;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= items.length - 30) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, last, items.length]);
  return (
    <div ref={top} role="rowgroup" style={{ height: rows.getTotalSize(), position: 'relative' }}>
      {visible.map(({ index, start }) => {
        const item = items[index];
        return item === undefined ? null : (
          <Row
            key={keyOf(item)}
            item={item}
            columns={columns}
            template={template}
            index={index}
            top={start - rows.options.scrollMargin}
            selected={select && selection.has(keyOf(item))}
            select={select && ((is) => select(selection.set(keyOf(item), is)))}
          />
        );
      })}
    </div>
  );
}

const Waiting = (): ReactNode => (
  <div aria-busy="true">
    {Array.from({ length: 12 }, (_, at) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike and never move
      <div key={at} className="row waiting" style={{ height: rowHeight }}>
        <Skeleton height={14} width={`${80 - ((at * 23) % 45)}%`} />
      </div>
    ))}
  </div>
);

function Nothing<Name extends ListName>({
  icon,
  none,
  next,
  isNarrowed,
}: ListProps<Name> & { isNarrowed: boolean }): ReactNode {
  const text = useText();
  if (isNarrowed) return <Empty icon="search" title={text.list.noMatch} />;
  return (
    <Empty icon={icon} title={none}>
      {next}
    </Empty>
  );
}

function Foot({ seen, total }: { seen: number; total: number }): ReactNode {
  const text = useText();
  return (
    <p className="foot" role="status">
      {total > 0 ? text.list.shown(seen, total) : ''}
    </p>
  );
}
