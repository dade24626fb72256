import type { Application } from '../../src/applications/application.ts';
import type { Hands } from '../../src/machine/hands.ts';
import type { Machine } from '../../src/machine/machine.ts';
import type { Acme } from '../../src/services/acme/acme.ts';
import type { Engine } from '../../src/services/engine.ts';

/** One server with its platforms, in memory or real; every engine and application can be put in. */
export interface Place {
  readonly http: Engine;
  readonly db: Engine;
  readonly application: Application;
  readonly applications: readonly Application[];
  readonly engines: readonly Engine[];
  readonly profile: string;
  /** '/var/aegir', and the platform's root below it. */
  readonly root: string;
  readonly platformRoot: string;
  /** Of a second platform, 'p2', to go to. */
  readonly otherRoot: string;
  /** A second server row, which publishes a third platform, 'p3'; null: there is none. */
  readonly second: SecondServer | null;
  /** Where the names of its sites have their records; null: nowhere. */
  readonly dns: Engine | null;
  readonly httpOptions: unknown;
  readonly dbOptions: unknown;
  readonly fpmSocket: string;
  open(hands: Hands): Machine;
  /** Of which certificates are; none unless it is said. */
  readonly authority?: Acme;
}

interface SecondServer {
  readonly http: Engine;
  readonly root: string;
  readonly platformRoot: string;
  /** Unless it is another row for the same machine: where its db service, '4', is too. */
  open?(hands: Hands): Machine;
}
