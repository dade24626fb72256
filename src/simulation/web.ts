import type { MemoryWorld, Program } from '../machine/memory-world.ts';

/** What is in force on a simulated web server: the texts that it read when it was reloaded last. */
export interface LoadedWeb {
  readonly files: ReadonlyMap<string, string>;
}

/** The error message of a real server, or null. */
export type Complaint = (path: string, text: string) => string | null;

export interface SimulatedWeb {
  readonly server: 'nginx' | 'apache';
  readonly complaint: Complaint;
  /** What is wrong with all of them together. */
  readonly clash?: (files: ReadonlyMap<string, string>) => string | null;
  /** Whether a file's text is the configuration of this host, so that it answers for its mark. */
  readonly marks: (text: string, host: string) => readonly string[];
  /** What a file's text makes of this host; null if it is none of its names. */
  readonly published: (text: string, host: string) => Published | null;
}

/** What a simulated web server hands a visitor to. */
export type Published =
  | { readonly state: 'disabled' | 'maintenance' | 'redirect' }
  | {
      readonly state: 'enabled';
      readonly root: string;
      readonly directory: string;
      readonly database: { readonly driver: string; readonly name: string };
    };

/** Both servers of a world share one curl: it asks every one that was installed. */
const loaded = new WeakMap<
  MemoryWorld,
  Map<string, { readonly web: SimulatedWeb; files: ReadonlyMap<string, string> }>
>();

/** `configs` are the roots of our directories: '/var/aegir/config' is enough. */
export function installWeb(
  world: MemoryWorld,
  web: SimulatedWeb,
): { test: () => string | null; reload: () => string | null } {
  const known = loaded.get(world) ?? new Map();
  loaded.set(world, known);
  const state = { web, files: new Map<string, string>() as ReadonlyMap<string, string> };
  known.set(web.server, state);
  // Which configuration is in force is part of the world: a task that ends must leave it as the files say, or as it was.
  world.states.set(`${web.server} in force`, () =>
    [...state.files]
      .map(([path, text]) => `${path}=${text}`)
      .toSorted()
      .join('\n'),
  );
  world.keepers.push(() => {
    const { files } = state;
    return () => {
      state.files = files;
    };
  });
  world.programs.set('curl', curl);
  const test = (): string | null => {
    const files = included(world, web.server);
    for (const [path, text] of files) {
      const said = web.complaint(path, text);
      if (said !== null) return said;
    }
    return web.clash?.(files) ?? null;
  };
  return {
    test,
    reload: () => {
      const said = test();
      if (said === null) state.files = included(world, web.server);
      return said;
    },
  };
}

/** The files that the main files include: our directory names, whatever the root. */
function included(world: MemoryWorld, server: string): ReadonlyMap<string, string> {
  const own = new RegExp(
    `/${server}(?:\\.conf|/(?:[a-z-]+\\.conf|(?:pre|platform|vhost|wild|class|post)\\.d/[^/]+\\.(?:conf|map)))$`,
  );
  const names = [...world.files.keys()].filter((path) => own.test(path)).toSorted();
  return new Map(names.map((path) => [path, world.text(path) ?? '']));
}

/** What is in force for a host name; null: nobody's name. Of two servers that have it the visitor is with the one that shows the site. */
export function publishedAs(world: MemoryWorld, host: string): Published | null {
  const all = [...(loaded.get(world)?.values() ?? [])].flatMap(({ web, files }) =>
    [...files.values()].flatMap((text) => web.published(text, host) ?? []),
  );
  return all.find(({ state }) => state === 'enabled') ?? all[0] ?? null;
}

/** Answers what `Configuration` asks: a look, or several, at a host and a mark. */
const curl: Program = ({ argv }, { world }) => {
  const host = argv.find((word) => word.startsWith('Host: '))?.slice('Host: '.length) ?? '';
  const mark = /\/([0-9a-f]+)\?\[1-\d\]$/.exec(argv.at(-1) ?? '')?.[1] ?? '';
  const states = [...(loaded.get(world)?.values() ?? [])];
  if (states.every(({ files }) => files.size === 0)) return { exitCode: 7, stdout: '000 '.repeat(9) };
  const isThere = states.some(({ web, files }) =>
    [...files.values()].some((text) => web.marks(text, host).includes(mark)),
  );
  return { stdout: (isThere ? '204 ' : '404 ').repeat(9) };
};

/** A certificate of the right shape; `openssl req` is the only thing we ask it. */
export const openssl: Program = () => ({
  stdout:
    '-----BEGIN PRIVATE KEY-----\nc2ltdWxhdGVk\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nc2ltdWxhdGVk\n-----END CERTIFICATE-----\n',
});
