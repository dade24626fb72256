import { connect as connectSocket, createServer, type Server as NetServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { text as textOf } from 'node:stream/consumers';
import type { Command } from '../../src/machine/command.ts';
import type { Hands } from '../../src/machine/hands.ts';
import type { Ends, FileMode, FileStat, Find, Look, Machine, Output, Pipe, Piped } from '../../src/machine/machine.ts';
import { MemoryMachine } from '../../src/machine/memory.ts';
import type { MemoryWorld } from '../../src/machine/memory-world.ts';
import { reportedPipe } from '../../src/machine/pipe.ts';
import { mayAct, reported } from '../../src/machine/reported.ts';
import { Problem, type ProblemJson, problemFrom, problemJson } from '../../src/model/problem.ts';
import { Secret } from '../../src/model/secret.ts';

/**
 * A simulated server that outlives its workers: the world is in this process, and workers reach it through a socket, as
 * they reach a real one by ssh. What a worker asked for before it was killed is done to its end, as it would be there;
 * a lock ends with the connection of who held it.
 */
export async function serveWorld(world: MemoryWorld, socketPath: string): Promise<NetServer> {
  const quiet: Hands = { name: 'world', log: { append: async () => {} }, claim: new AbortController().signal };
  const machine = new MemoryMachine(quiet, world);
  const server = createServer((socket) => serve(machine, socket));
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return server;
}

interface Request {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

function serve(machine: MemoryMachine, socket: Socket): void {
  const held = new Map<number, () => void>();
  const answer = (id: number, said: object): void => void socket.write(`${JSON.stringify({ id, ...said })}\n`);
  const act = async ({ id, method, args }: Request): Promise<void> => {
    if (method === 'unlock') return held.get(id)?.();
    if (method === 'lock') {
      const [path] = args as [string];
      return machine.exclusively(path, async () => {
        if (socket.destroyed) return; // It was killed while it waited in line.
        const free = Promise.withResolvers<void>();
        held.set(id, free.resolve);
        answer(id, { value: null });
        await free.promise;
      });
    }
    const call = Reflect.get(machine, method) as (...given: unknown[]) => Promise<unknown>; // one of Machine's own
    const value = await call.apply(machine, [...args]);
    answer(id, { value: value instanceof Map ? [...value] : (value ?? null) });
  };
  const lines = createInterface({ input: socket }).on('error', () => undefined); // as below, said once more
  lines.on('line', (line) => {
    const request = JSON.parse(line) as Request;
    act(request).catch((error: unknown) => answer(request.id, { problem: problemJson(error) }));
  });
  socket.on('error', () => undefined); // A worker was killed; 'close' follows.
  socket.on('close', () => {
    for (const free of held.values()) free();
  });
}

/** The connection of one worker process to the world. */
export class WorldConnection {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #last = 0;

  constructor(socketPath: string) {
    this.#socket = connectSocket(socketPath);
    createInterface({ input: this.#socket }).on('line', (line) => {
      const { id, value, problem } = JSON.parse(line) as { id: number; value?: unknown; problem?: ProblemJson };
      if (problem) this.#waiting.get(id)?.reject(problemFrom(problem));
      else this.#waiting.get(id)?.resolve(value);
      this.#waiting.delete(id);
    });
    this.#socket.on('error', (error) => {
      for (const { reject } of this.#waiting.values()) reject(new Problem('server-unreachable', String(error)));
    });
  }

  ask(method: string, args: readonly unknown[]): Promise<unknown> {
    const id = ++this.#last;
    return this.#send(id, method, args);
  }

  async locked<T>(path: string, action: () => Promise<T>): Promise<T> {
    const id = ++this.#last;
    await this.#send(id, 'lock', [path]);
    try {
      return await action();
    } finally {
      this.#socket.write(`${JSON.stringify({ id, method: 'unlock', args: [] })}\n`);
    }
  }

  close(): void {
    this.#socket.end();
  }

  #send(id: number, method: string, args: readonly unknown[]): Promise<unknown> {
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#socket.write(`${JSON.stringify({ id, method, args })}\n`);
    return waiting.promise;
  }
}

const plain = (text: string | Secret): string => (text instanceof Secret ? text.reveal() : text);

/** The machine of one task, over the connection of its worker. Logs as the real ones do. */
export class WorldMachine implements Machine {
  readonly name: string;
  readonly #hands: Hands;
  readonly #world: WorldConnection;

  constructor(hands: Hands, world: WorldConnection) {
    this.name = hands.name;
    this.#hands = hands;
    this.#world = world;
  }

  run(command: Command): Promise<Output> {
    mayAct(this.#hands);
    return reported(this.#hands, command, async () => {
      const stdin = command.stdin === undefined ? {} : { stdin: plain(command.stdin) };
      const allow = Array.from({ length: 256 }, (_, code) => code);
      return (await this.#ask('run', { ...command, ...stdin, allow, quiet: true })) as Output;
    });
  }
  pipe(pipe: Pipe, { input, output }: Ends = {}): Promise<Piped> {
    return reportedPipe(this.#hands, pipe, async () => {
      const stdin = input ? await textOf(input) : pipe.commands[0].stdin;
      const [first, ...rest] = pipe.commands.map((command) => ({ ...command, quiet: true }));
      const plainFirst = { ...first!, ...(stdin !== undefined && { stdin: plain(stdin) }) };
      const piped = (await this.#ask('pipe', { ...pipe, commands: [plainFirst, ...rest] })) as Piped;
      output?.write(piped.stdout);
      return { ...piped, stderr: '', exitCode: 0 };
    });
  }
  async read(path: string): Promise<string | null> {
    return (await this.#ask('read', path)) as string | null;
  }
  async readMany(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return new Map((await this.#ask('readMany', paths)) as [string, string][]);
  }
  async stat(path: string): Promise<FileStat | null> {
    return (await this.#ask('stat', path)) as FileStat | null;
  }
  async statMany(paths: readonly string[], look: Look = {}): Promise<ReadonlyMap<string, FileStat>> {
    return new Map((await this.#ask('statMany', paths, look)) as [string, FileStat][]);
  }
  async find(path: string, find: Find): Promise<readonly FileStat[]> {
    return (await this.#ask('find', path, find)) as readonly FileStat[];
  }
  async write(path: string, text: string | Secret, mode: FileMode): Promise<void> {
    await this.#ask('write', path, plain(text), mode);
  }
  async writeAt(path: string, offsetBytes: number, text: string): Promise<void> {
    await this.#ask('writeAt', path, offsetBytes, text);
  }
  async makeDirectory(path: string, mode: FileMode): Promise<void> {
    await this.#ask('makeDirectory', path, mode);
  }
  async move(from: string, to: string): Promise<void> {
    await this.#ask('move', from, to);
  }
  async remove(path: string): Promise<void> {
    await this.#ask('remove', path);
  }
  exclusively<T>(path: string, action: () => Promise<T>): Promise<T> {
    mayAct(this.#hands);
    return this.#world.locked(path, action);
  }

  async #ask(method: string, ...args: readonly unknown[]): Promise<unknown> {
    mayAct(this.#hands);
    const value = await this.#world.ask(method, args);
    mayAct(this.#hands);
    return value;
  }
}
