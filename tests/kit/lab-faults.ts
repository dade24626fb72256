import { lab, script } from './lab.ts';

// What may fail on the servers of the lab while a site moves from one to the other.

export const root = '/var/aegir/platforms/wp';
export type Web = 'web1' | 'web2';

/** What is done to a server in a step of a migrate. */
export interface Fault {
  readonly step: string;
  readonly what: string;
  blow(at: Web, to: Web): Promise<unknown>;
  /** How long it is so. */
  readonly awayMs: number;
  heal(at: Web, to: Web): Promise<unknown>;
}

/** Of a migrate between two servers. */
export const steps = [
  ...[
    'create database',
    'create directory',
    'ask the site',
    'copy files',
    'publish under a name of its own',
    'close the site',
  ],
  ...[
    'copy database and changed files',
    'write settings',
    'rewrite paths and names',
    'run updates',
    'ask the copy',
    'switch over',
  ],
  ...[
    'ask the site under its own name',
    'point its names to its server',
    'withdraw the name of the copy',
    'drop the former database',
  ],
  'remove the former files',
];
const nothing = async (): Promise<void> => {};

export const cuts: readonly Fault[] = steps.flatMap((step) =>
  (['from', 'to', 'db1'] as const).map((whose) => {
    const host = (at: Web, to: Web) => (whose === 'from' ? at : whose === 'to' ? to : 'db1');
    return {
      ...{
        step,
        what: `the network of ${whose === 'db1' ? 'db1' : `the server it goes ${whose}`} is cut`,
        awayMs: 4_000,
      },
      blow: (at: Web, to: Web) => lab('cut', host(at, to)),
      heal: (at: Web, to: Web) => lab('heal', host(at, to)),
    };
  }),
);
export const killing: readonly Fault[] = [
  'copy files',
  'copy database and changed files',
  'run updates',
  'remove the former files',
].flatMap((step) =>
  (['from', 'to'] as const).map((whose) => ({
    ...{ step, what: `what runs on the server it goes ${whose} is killed`, awayMs: 0, heal: nothing },
    blow: (at: Web, to: Web) => script(whose === 'from' ? at : to, 'pkill -KILL -x "tar|php|b2sum|tee" || true'),
  })),
);
export const full: readonly Fault[] = ['copy files', 'copy database and changed files', 'write settings'].map(
  (step) => ({
    ...{ step, what: 'the disk that it goes to is full', awayMs: Number.POSITIVE_INFINITY },
    blow: (_: Web, to: Web) => script(to, 'dd if=/dev/zero of="$1"/sites/.filled bs=1M 2>/dev/null || true', root),
    heal: (_: Web, to: Web) => script(to, 'rm -f "$1"/sites/.filled', root),
  }),
);
export const restarts: readonly Fault[] = [
  'create database',
  'copy database and changed files',
  'drop the former database',
].map((step) => ({
  ...{ step, what: 'the database server starts anew', awayMs: 0, heal: nothing },
  blow: () => script('db1', 'systemctl restart mariadb'),
}));
