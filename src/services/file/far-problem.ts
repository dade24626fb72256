import { anyExitCode, type Command } from '../../machine/command.ts';
import type { Machine, Output } from '../../machine/machine.ts';
import { Problem } from '../../model/problem.ts';
import { transferMs } from './files.ts';

/** A program of this side that talks to another. `program` is one of a Debian package; a failure of it is explained. */
export async function runExplained(
  machine: Machine,
  asked: Command,
  at: { readonly place: string; readonly program: string; readonly package: string },
  allow = asked.allow,
): Promise<Output> {
  const output = await machine.run({ ...asked, timeoutMs: transferMs, allow: anyExitCode });
  if (allow.includes(output.exitCode)) return output;
  throw farProblem({ machine: machine.name, ...at }, output);
}

/** What a program said that did not reach the other end, was not let in, or was refused there. `program` is one of a Debian package. */
function farProblem(
  at: { readonly machine: string; readonly place: string; readonly program: string; readonly package: string },
  { exitCode, stdout, stderr }: Output,
): Problem {
  const { machine, place, program } = at;
  const said = `${stderr}\n${stdout}`.trim();
  const cause = new Error(said.slice(-1000));
  if (exitCode === 127 && new RegExp(`^(?:env: )?.?${program}.?: `, 'm').test(said))
    return new Problem('command-failed', `${program} is not installed on ${machine}`, {
      hint: `Run there: apt-get install -y ${at.package}`,
      cause,
    });
  if (/host key verification failed|remote host identification has changed/i.test(said))
    return new Problem('forbidden', `the machine at ${place} shows another host key than the file service knows`, {
      hint: 'Find out why. If it was set up anew, correct the option hostKeys of the file service.',
      cause,
    });
  if (/permission denied \(|too many authentication failures|access ?denied|invalidaccesskeyid|signature/i.test(said))
    return new Problem('forbidden', `${place} does not let us in`, {
      hint: 'Do user and key in the options of the file service belong together, and are they known over there?',
      cause,
    });
  if (/no such file or directory|not found\.?$|does(?: not|n't) exist|couldn't find remote ref|nosuchkey/im.test(said))
    return new Problem('not-found', `there is no such file or directory at ${place}: ${lastLine(said)}`, {
      hint: 'What was stored there is gone; if it is the directory itself, verify the server of the file service.',
      cause,
    });
  if (/no space left|disk quota exceeded|quotaexceeded/i.test(said))
    return new Problem('disk-full', `there is no space left at ${place}`, {
      hint: 'Make room there, then run the task again.',
      cause,
    });
  if (
    /connection (?:refused|timed out|closed|reset)|no route to host|could not resolve|name or service not known|network is unreachable|dial tcp/i.test(
      said,
    )
  )
    return new Problem('server-unreachable', `${machine} does not reach ${place}`, {
      hint: 'Is it running, and do host and port in the options of the file service lead to it?',
      cause,
    });
  return new Problem('command-failed', `${program} failed at ${place}: ${lastLine(said)}`, {
    hint: 'May its user write there, and are the options of the file service right?',
    cause,
  });
}

const lastLine = (text: string): string => text.slice(text.lastIndexOf('\n') + 1).slice(0, 300);
