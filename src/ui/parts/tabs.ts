import type { EndpointName } from '../../api/endpoints.ts';
import { text } from '../text/text.ts';
import { may } from './may.ts';
import type { Tab } from './page.tsx';

type Name = keyof ReturnType<typeof text>['tabs'];

/** Where nothing is to be seen, no way leads. */
const needs: { readonly [One in Name]?: EndpointName } = {
  backups: 'backup list',
  tasks: 'task list',
  activity: 'audit list',
  sites: 'site list',
  databases: 'site list',
  platforms: 'platform list',
  migrate: 'platform migrate',
  notifications: 'notification list',
  sessions: 'session list',
  tokens: 'token list',
  statistics: 'statistic days',
  orders: 'order list',
};

/** The first of them is the page itself. */
export const tabsOf = (names: readonly Name[], open: string, address: string): readonly Tab[] =>
  names
    .filter((name) => name === open || may(needs[name] ?? 'session get'))
    .map((name) => ({
      to: name === names[0] ? address : `${address}/${name}`,
      title: text().tabs[name],
      isOpen: name === open,
    }));
