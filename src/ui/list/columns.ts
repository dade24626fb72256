import { type ReactNode, type RefObject, useLayoutEffect, useState } from 'react';
import type { Text } from '../text/en.ts';

/** The most important first: where there is no room, the last go. */
export interface Column<Item> {
  readonly id: string;
  readonly title: (text: Text) => string;
  readonly show: (item: Item) => ReactNode;
  /** Least width in pixels. */
  readonly min: number;
  /** Share of the room that is left; 1 unless given. */
  readonly grow?: number;
  /** What the endpoint calls it in `sort`; not sortable without. */
  readonly sort?: string;
  /** Shown only to who asks for it. */
  readonly isExtra?: boolean;
}

export interface ShownColumns<Item> {
  readonly all: readonly Column<Item>[];
  readonly shown: readonly Column<Item>[];
  readonly template: string;
  readonly chosen: ReadonlySet<string>;
  readonly choose: (id: string, is: boolean) => void;
}

const selectWidth = 36;

/** Those of the address, else those that somebody chose in this browser; as far as there is room. */
export function useColumns<Item>(
  list: string,
  all: readonly Column<Item>[],
  box: RefObject<HTMLElement | null>,
  canSelect: boolean,
  [asked, ask]: readonly [string | undefined, (columns: string) => void],
): ShownColumns<Item> {
  const place = `aegir-columns ${list}`;
  const [own, setOwn] = useState(() => chosenBefore(place, all));
  const chosen = asked === undefined ? own : new Set([all[0]?.id ?? '', ...asked.split(' ')]);
  const width = useWidth(box) - (canSelect ? selectWidth : 0);
  const wanted = all.filter(({ id }) => chosen.has(id));
  let used = 0;
  const fits = wanted.filter(({ min }, at) => {
    used += min + 12;
    return at === 0 || used <= width;
  });
  const tracks = fits.map(({ min, grow = 1 }, at) =>
    at === 0 ? `minmax(0, ${grow}fr)` : `minmax(${min}px, ${grow}fr)`,
  );
  return {
    all,
    shown: fits,
    template: [...(canSelect ? [`${selectWidth}px`] : []), ...tracks].join(' '),
    chosen,
    choose(id, is) {
      const next = new Set(is ? [...chosen, id] : [...chosen].filter((one) => one !== id));
      localStorage.setItem(place, JSON.stringify([...next]));
      setOwn(next);
      if (asked !== undefined) ask([...next].join(' '));
    },
  };
}

function chosenBefore<Item>(place: string, all: readonly Column<Item>[]): ReadonlySet<string> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(place) ?? 'null');
    if (Array.isArray(kept)) return new Set([all[0]?.id ?? '', ...kept.map(String)]);
  } catch {
    // Somebody else's words: as if there were none.
  }
  return new Set(all.filter(({ isExtra }) => !isExtra).map(({ id }) => id));
}

function useWidth(box: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(1000);
  useLayoutEffect(() => {
    if (!box.current) return undefined;
    setWidth(box.current.clientWidth);
    const watch = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, [box]);
  return width;
}
