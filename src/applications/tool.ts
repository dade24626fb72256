import { z } from 'zod';
import { asUser } from '../machine/as-user.ts';
import { anyExitCode, command } from '../machine/command.ts';
import type { Machine, Output } from '../machine/machine.ts';
import { Problem } from '../model/problem.ts';
import { Secret } from '../model/secret.ts';
import type { InstalledSite } from './application.ts';
import { type Script, scriptText } from './scripts.ts';

/** A site's answer to us is a few packages and numbers: more than this is an attack or a fault. */
const answerCharsMax = 8 * 1024 * 1024;
const messageCharsMax = 2_000;

export interface ToolCall {
  readonly timeoutMs: number;
  readonly effect: 'reads' | 'changes';
  /** What a dry run takes for the answer of a script that changes something. */
  readonly dryAnswer?: object;
  /**
   * No other script with the same directory is at work meanwhile; waits up to `waitMs` for that, on top of `timeoutMs`.
   * For what changes a site as a whole, and for what is asked to decide about it: a worker that was killed has left its
   * script running, see docs/decisions/0018-orphans.md.
   */
  readonly alone?: { readonly directory: string; readonly waitMs: number };
}

/** How PHP ends that took too long: by SIGALRM. */
const alarmed = 128 + 14;

/** What a site's own code may make of these is only a wrong message, so they are plain texts. */
const said = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), answer: z.unknown() }),
  z.object({
    ok: z.literal(false),
    kind: z
      .enum(['application-failed', 'not-found', 'conflict', 'invalid', 'disk-full', 'timeout'])
      .catch('application-failed'),
    message: z.string(),
    hint: z.string(),
  }),
]);

/**
 * Runs one of our PHP scripts as the site's user (null: as ourselves) and reads its answer by `shape`. Script and input go in through standard
 * input: nothing is installed on the server, and neither arguments nor environment show a secret. Always quiet:
 * what a site prints is nobody's log.
 * Throws 'application-failed' with what the application said, 'timeout', or 'command-failed' where PHP or sudo is missing.
 */
export async function callTool<Answer>(
  machine: Machine,
  runUser: string | null,
  script: Script,
  input: object,
  shape: z.ZodType<Answer>,
  { timeoutMs, effect, dryAnswer = {}, alone }: ToolCall,
): Promise<Answer> {
  const php = runUser === null ? command`php` : await asUser(machine, runUser, command`php`);
  const output = await machine.run({
    ...php,
    // PHP ends itself a little after its time, as we may not kill another user's process.
    stdin: toolScript(script, { ...input, alone }, timeoutMs),
    timeoutMs: timeoutMs + (alone?.waitMs ?? 0),
    allow: anyExitCode,
    effect,
    quiet: true,
    dryStdout: JSON.stringify({ ok: true, answer: dryAnswer }),
  });
  return answerOf(output, machine.name, runUser, script, shape);
}

/** What PHP is given. It ends itself when its time is over. */
export const toolScript = (script: Script, input: object, timeoutMs: number): Secret =>
  new Secret(scriptText(script, { ...input, seconds: Math.ceil(timeoutMs / 1_000) + 1 }));

function answerOf<Answer>(
  output: Output,
  server: string,
  runUser: string | null,
  script: Script,
  shape: z.ZodType<Answer>,
): Answer {
  const lost = (why: string, cause?: unknown): Problem =>
    new Problem('application-failed', `'${script}' on ${server} ${why}`, {
      hint: `Look into the site's own log. To see what PHP says: ${runUser === null ? '' : `sudo -u ${runUser} `}php -v`,
      cause,
    });
  if (output.exitCode === alarmed)
    throw new Problem('timeout', `'${script}' took too long on ${server}`, { hint: "Look into the site's own log." });
  if (output.stdout.length > answerCharsMax) throw lost('answered with more than 8 MiB');
  const line = output.stdout.trimEnd().split('\n').at(-1) ?? '';
  const parsed = said.safeParse(jsonOf(line));
  if (!parsed.success) throw notRun(output, server, runUser) ?? lost(`gave no answer${why(output)}`, parsed.error);
  if (!parsed.data.ok) {
    const { kind, message, hint } = parsed.data;
    throw new Problem(kind, message.slice(0, messageCharsMax), {
      hint:
        hint ||
        `The site's own code said that, in '${script}' on ${server}: look into its log, mend it, then try again.`,
    });
  }
  const answer = shape.safeParse(parsed.data.answer);
  if (!answer.success) throw lost('gave an answer of another shape', answer.error);
  return answer.data;
}

/** Why PHP did not even start, where that is what happened. */
function notRun({ exitCode, stderr }: Output, server: string, runUser: string | null): Problem | undefined {
  if (exitCode === 127 || /php: (command )?not found|unable to execute .*php/.test(stderr))
    return new Problem('command-failed', `PHP is missing on ${server}`, {
      hint: `Install the command line of PHP there (Debian: apt install php-cli).`,
    });
  if (!/^sudo: /m.test(stderr)) return undefined;
  return new Problem('command-failed', `cannot run PHP as ${runUser} on ${server}: ${stderr.trim().slice(0, 500)}`, {
    hint: `sudoers must let Aegir's user do it: aegir ALL=(${runUser}) NOPASSWD: /usr/bin/php ""`,
  });
}

const why = ({ exitCode, stderr }: Output): string =>
  ` (exit code ${exitCode}${stderr.trim() === '' ? '' : `: ${stderr.trim().slice(-500)}`})`;

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Then it does not have the shape of an answer, and that is what is reported.
  }
}

/** The site as scripts take it. Holds the database's password: for `callTool` only. */
export function toolSite({ site, platform, database, address }: InstalledSite): object {
  const { protocol, hostname, port } = new URL(address);
  return {
    root: platform.root,
    directory: site.directory,
    host: hostname,
    port: port === '' ? null : Number(port),
    scheme: protocol === 'https:' ? 'https' : 'http',
    database: {
      driver: database.driver,
      name: database.name,
      user: database.user,
      password: database.password.reveal(),
      host: database.host,
      port: database.port ?? '',
      socket: database.socket ?? '',
    },
  };
}
