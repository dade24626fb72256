import type { Things } from './access-world.ts';

/** One request of an endpoint. */
export interface Wanted {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** A text: the file that is uploaded. */
  readonly body?: object | string;
}

/** Whom it is answered, by letters of `callers`. Whoever stands nowhere here is refused. */
export interface Example {
  /** Those of the whole hub, for whosever it is; then, for what is their own, those of a client: 'rpav cl'. '*': who is signed in. */
  readonly may: string;
  /** Who may not, but sees what it is about, is told so; for the others it is not there. */
  readonly sees: string;
  /** Asked of both clients; without this it is about what is no client's. */
  readonly ofClient: boolean;
  ask(things: Things): Wanted;
}

export const everybody = 'rpav cl';
export const hub = (may: string, ask: Example['ask'] = () => ({}), sees = ''): Example => ({
  may,
  ask,
  sees,
  ofClient: false,
});
export const own = (may: string, ask: Example['ask'], sees = everybody): Example => ({
  may,
  ask,
  sees,
  ofClient: true,
});

/** By what stands in the path, whatever that place is called. */
export const by =
  (thing: keyof Things, body?: object) =>
  (things: Things): Wanted => {
    const { [thing]: one } = things;
    return {
      params: {
        name: one,
        task: one,
        batch: one,
        membership: one,
        token: one,
        agent: one,
        session: one,
        passkey: one,
        webhook: one,
      },
      ...(body !== undefined && { body }),
    };
  };
