import { Problem } from '../model/problem.ts';
import { sshWords } from '../model/server.ts';

/** Whom we log in as, and where. */
interface Target {
  readonly user: string;
  readonly host: string;
  readonly port: number;
}

interface Kind {
  readonly said: RegExp;
  readonly what: (server: string, to: Target) => string;
  readonly hint: (server: string, to: Target) => string;
}

/** What ssh says in vain, by what it means; the first that fits. */
const kinds: readonly Kind[] = [
  {
    said: /HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed/,
    what: (server) => `${server} shows another host key than at its first verify: it may be another machine`,
    hint: (server) =>
      `Somebody may be in between. Only if it was set up anew: aegir server set ${server} --forget-host-keys, and compare what it then pins with 'ssh-keygen -lf' over there.`,
  },
  {
    said: /Host key verification failed|No \S+ host key is known/,
    what: (server) => `the host key of ${server} is not known yet`,
    hint: (server) => `Its first verify finds it out: aegir server verify ${server}`,
  },
  {
    said: /Could not resolve hostname|Name or service not known|getaddrinfo/,
    what: (server, { host }) => `there is no host ${host}, as which ${server} is known`,
    hint: (server) => `Look at its name in the DNS, or say another: aegir server set ${server} --host NAME`,
  },
  {
    said: /Permission denied/,
    what: (server, { host }) => `${server} (${host}) does not let the hub log in with its key`,
    hint: (server, { host, port }) =>
      `On this machine run: aegir server bootstrap ${server} | ${sshWords('root', host, port)} sh`,
  },
  {
    said: /Connection refused/,
    what: (server, { host, port }) => `no ssh server answers on ${server} (${host}, port ${port})`,
    hint: (server) =>
      `Start it there: systemctl start ssh. Or a firewall refuses us, or it listens elsewhere: aegir server set ${server} --ssh-port PORT`,
  },
  {
    said: /timed out|No route to host|Network is unreachable|no answer/i,
    what: (server, { host }) => `${server} (${host}) does not answer`,
    hint: (_, { host, port }) => `Is it switched on, and may this machine reach it on port ${port}? Try: ping ${host}`,
  },
];

/** Why we cannot reach a server, as ssh said it. */
export function unreachable(server: string, to: Target, said: string): Problem {
  const { user, host, port } = to;
  const text = said.trim();
  const kind = kinds.find((one) => one.said.test(text));
  if (kind)
    return new Problem('server-unreachable', kind.what(server, to), {
      hint: kind.hint(server, to),
      cause: new Error(lastLine(text)),
    });
  return new Problem('server-unreachable', `the connection to ${server} (${host}) failed: ${text || 'it ended'}`, {
    hint: `If it happens again, try '${sshWords(user, host, port)} true' on the hub, as the user it runs as.`,
  });
}

/** The rest is a box of warnings. */
const lastLine = (text: string): string => text.split('\n').findLast((line) => line.trim() !== '') ?? text;
