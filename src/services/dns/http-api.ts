import { command, query } from '../../machine/command.ts';
import { Gate } from '../../machine/gate.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Json } from '../../model/json.ts';
import { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';

export interface Request {
  readonly method: 'GET' | 'PATCH' | 'POST';
  /** Below the API's own, with everything in it that needs it encoded. */
  readonly path: string;
  readonly body?: Json;
}

export interface Answer {
  readonly status: number;
  /** null where there was none, or none that is JSON. */
  readonly body: Json;
}

/** So many requests in one run of curl, and so many runs at once. */
const [ofRunMax, runsMax] = [100, 4];

/** An HTTP API as curl on a server reaches it: requests and the key go in through its standard input, so no list of processes shows them. */
export class HttpApi {
  readonly #machine: Machine;
  readonly #url: string;
  /** 'X-API-Key: …'. */
  readonly #header: Secret;

  constructor(machine: Machine, url: string, header: Secret) {
    this.#machine = machine;
    this.#url = url;
    this.#header = header;
  }

  /** In their order, in one run unless they are very many; one connection where the API keeps it. */
  async get(paths: readonly string[]): Promise<readonly Answer[]> {
    const requests = paths.map((path): Request => ({ method: 'GET', path }));
    const base = { ...query`curl --disable --config -`, quiet: true };
    const gate = new Gate(runsMax);
    const runs = Array.from({ length: Math.ceil(requests.length / ofRunMax) }, (_, at) =>
      gate.through(() => this.#run(base, requests.slice(at * ofRunMax, (at + 1) * ofRunMax))),
    );
    return (await Promise.all(runs)).flat();
  }

  /** A dry run takes `pretended` for its answer. */
  async change(request: Request, pretended: Answer): Promise<Answer> {
    const dryStdout = `${JSON.stringify(pretended.body)}\n${mark}${pretended.status}\n`;
    const [answer] = await this.#run({ ...command`curl --disable --config -`, dryStdout }, [request]);
    return answer ?? { status: 0, body: null };
  }

  async #run(base: ReturnType<typeof command>, requests: readonly Request[]): Promise<readonly Answer[]> {
    const text = requests.map((request) => this.#lines(request)).join('next\n');
    const { exitCode, stdout, stderr } = await this.#machine.run({
      ...{ ...base, stdin: new Secret(text), timeoutMs: 60_000 + requests.length * 1000 },
      allow: Array.from({ length: 128 }, (_, code) => code),
    });
    const answers = stdout.split(new RegExp(`\\n${mark}(?=\\d{3}\\n)`)).reduce<Answer[]>(answersIn, []);
    if (exitCode === 0 && answers.length === requests.length) return answers;
    throw new Problem(
      'server-unreachable',
      `${this.#url} does not answer ${this.#machine.name}: ${exitCode === 127 ? 'curl is not installed' : stderr.trim().slice(0, 300) || 'no word'}`,
      {
        hint: 'Is the URL in the options of the dns service right, is the API on, and may this server reach it?',
      },
    );
  }

  #lines({ method, path, body }: Request): string {
    const words = [
      ['url', `${this.#url}${path}`],
      ['request', method],
      ['header', this.#header.reveal()],
      ['header', 'Accept: application/json'],
      ...(body === undefined
        ? []
        : [
            ['header', 'Content-Type: application/json'],
            ['data-binary', JSON.stringify(body)],
          ]),
    ];
    const given = words.map(
      ([name, value = '']) => `${name} = "${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`,
    );
    const fixed = [
      'silent',
      'show-error',
      'globoff',
      'proto = "=http,https"',
      'max-time = 30',
      `write-out = "\\n${mark}%{http_code}\\n"`,
    ];
    return `${[...given, ...fixed].join('\n')}\n`;
  }
}

/** On a line of its own, as no line of JSON begins. */
const mark = '--aegir-status ';

/** Behind each mark stands the status of what is before it, then the next body. */
function answersIn(answers: Answer[], piece: string, at: number, pieces: string[]): Answer[] {
  const next = pieces[at + 1];
  if (next === undefined) return answers;
  const body = at === 0 ? piece : piece.slice(4);
  return [...answers, { status: Number(next.slice(0, 3)), body: parsed(body) }];
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null; // The status says what is wrong then.
  }
}
