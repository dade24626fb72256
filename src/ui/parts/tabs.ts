import { text } from '../text/text.ts';
import type { Tab } from './page.tsx';

/** The first of them is the page itself. */
export const tabsOf = (
  names: readonly (keyof ReturnType<typeof text>['tabs'])[],
  open: string,
  address: string,
): readonly Tab[] =>
  names.map((name, at) => ({
    to: at === 0 ? address : `${address}/${name}`,
    title: text().tabs[name],
    isOpen: name === open,
  }));
