import type { TestContext } from 'node:test';
import { runCli } from '../../src/cli/cli.ts';
import type { Io } from '../../src/cli/io.ts';
import { serve } from '../../src/hub/listen.ts';
import type { TestHub } from './hub.ts';
import { temporaryDirectory } from './postgres.ts';

export interface Terminal {
  readonly socketPath: string;
  readonly url: string;
  /** Runs the CLI in this process, against this hub. */
  run(argv: readonly string[], more?: Partial<Io>): Promise<{ code: number; out: string; err: string }>;
}

/** The hub on a socket and a port of its own, and a CLI that talks to it. */
export async function terminal(t: TestContext, { hub }: Pick<TestHub, 'hub'>): Promise<Terminal> {
  const directory = await temporaryDirectory(t);
  const socketPath = `${directory}/hub.sock`;
  const listening = await serve(hub, { address: '127.0.0.1', port: 0, socketPath });
  t.after(() => listening.close());
  const env = { AEGIR_SOCKET: socketPath, HOME: directory };
  return { socketPath, url: listening.url, run: (argv, more) => runInHere(argv, { env, ...more }) };
}

export async function runInHere(
  argv: readonly string[],
  more: Partial<Io> = {},
): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const io: Io = {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    columns: null,
    colour: false,
    env: {},
    interrupted: new AbortController().signal,
    stdin: async () => '',
    ask: async () => null,
    ...more,
  };
  const code = await runCli(argv, io);
  return { code, out: out.join(''), err: err.join('') };
}
