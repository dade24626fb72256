import type { Json } from '../model/json.ts';
import type { RunLoad } from './run-type.ts';

/** What a worker reads on a server while somebody waits for it: within seconds, and nothing is changed by it. */
export interface LookType {
  readonly name: string;
  /** Never null. `args` are as its endpoint has checked them. Throws a Problem. */
  run(load: RunLoad, subject: string, args: Json): Promise<Exclude<Json, null>>;
}
