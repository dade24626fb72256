import { request } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { Acme } from './acme.ts';

export interface Reaching {
  /** 80, where every authority asks. */
  readonly port?: number;
  /** Who says where a name is; the system unless given. */
  readonly lookup?: LookupFunction;
}

const askMs = 10_000;
const charsMax = 4096;

/** One request for one file, as an authority makes it; a redirection is followed by it and not by us. */
export function reach(name: string, path: string, { port = 80, lookup }: Reaching): ReturnType<Acme['reach']> {
  const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<Acme['reach']>>>();
  const asked = request(
    { host: name, port, path, agent: false, signal: AbortSignal.timeout(askMs), ...(lookup && { lookup }) },
    (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (piece: string) => {
        text += piece;
        if (text.length > charsMax) answer.destroy();
      });
      answer.on('close', () => {
        const { statusCode = 0, headers } = answer;
        if (statusCode === 200) resolve({ text });
        else
          resolve({
            why: `it answers ${statusCode}${headers.location ? `, to ${headers.location.slice(0, 200)}` : ''}`,
          });
      });
    },
  );
  asked.on('error', (error: NodeJS.ErrnoException) => resolve({ why: whyNot(error) }));
  asked.end();
  return promise;
}

function whyNot({ code, name, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOTFOUND' || code === 'ENODATA') return 'the DNS has no address for it';
  if (code === 'EAI_AGAIN') return 'no name server answers for it';
  if (code === 'ECONNREFUSED') return 'nothing answers at port 80 of where it leads';
  if (name === 'AbortError' || name === 'TimeoutError' || code === 'ETIMEDOUT')
    return 'what it leads to does not answer within 10 s';
  return message;
}
