import { type Call, connect } from '../src/api/call.ts';
import { followTask, type Logged } from '../src/api/follow.ts';
import { overHttp } from '../src/api/over-http.ts';

// biome-ignore-start lint/performance/noBarrelFile: this file is what the package exports.
export type { Call, CallMore, Send } from '../src/api/call.ts';
export type { Answer, EndpointName, Input } from '../src/api/endpoints.ts';
export type { Logged } from '../src/api/follow.ts';
export { Problem, type ProblemCode } from '../src/model/problem.ts';
// biome-ignore-end lint/performance/noBarrelFile: as above

export interface Where {
  /** 'https://hub.example.com'. */
  readonly url: string;
  /** As `aegir token create` has printed it. */
  readonly token: string;
}

export interface Client {
  /** Asks one endpoint by its name, which is that of the command: `call('site get', { params: { name } })`. Throws Problem. */
  readonly call: Call;
  /** The log of a task as it comes, until its last event; a connection that breaks is made anew. */
  follow(task: string, more?: { readonly after?: number; readonly signal?: AbortSignal }): AsyncGenerator<Logged>;
}

/** Connects when it is first asked. Throws Problem 'invalid' for what is no address of a hub. */
export function client({ url, token }: Where): Client {
  const send = overHttp(url, token);
  return {
    call: connect(send),
    follow: (task, { after = 0, signal } = {}) => followTask(send, task, after, signal),
  };
}
