import { request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** Visitors who write comments under the first post of a WordPress site, one after the other and through its web server. */
export interface Commenters {
  /** Texts whose author was led to his comment. */
  readonly kept: readonly string[];
  /** How often somebody was told that the site is closed. */
  readonly refused: number;
  /** Anything else that was answered: a status, or the code of what went wrong with the connection. */
  readonly others: readonly string[];
}

const againMs = 20;

/** They write while `action` runs, two at a time. */
export async function commenting<Result>(
  { port, host }: { readonly port: number; readonly host: string },
  action: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly commenters: Commenters }> {
  const kept: string[] = [];
  const others: string[] = [];
  let refused = 0;
  let isOver = false;
  const write = async (): Promise<void> => {
    while (!isOver) {
      const text = `comment ${++comments}`;
      const { status, location } = await comment(port, host, text);
      if (status === '302' && location.includes('comment-')) kept.push(text);
      else if (status === '503') refused += 1;
      else others.push(status);
      if (status !== '302') await wait(againMs);
    }
  };
  const writing = [write(), write()];
  const result = await action().finally(() => {
    isOver = true;
  });
  await Promise.all(writing);
  return { result, commenters: { kept, refused, others } };
}

/** No two are alike, as WordPress refuses the same comment twice. */
let comments = 0;

/** Each from an address of its own: from one WordPress takes a comment every 15 s. */
const addressOf = (number: number): string => `127.1.${Math.floor(number / 250) % 250}.${1 + (number % 250)}`;

const comment = (port: number, host: string, text: string): Promise<{ status: string; location: string }> =>
  new Promise((resolve) => {
    const body = new URLSearchParams({
      ...{ comment: text, author: `Visitor ${comments}`, email: `visitor${comments}@example.com`, url: '' },
      ...{ comment_post_ID: '1', comment_parent: '0' },
    }).toString();
    const headers = {
      ...{ host: `${host}:${port}`, connection: 'close' },
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': body.length,
    };
    const asked = request(
      {
        ...{ host: '127.0.0.1', port, method: 'POST', path: '/wp-comments-post.php', headers, timeout: 60_000 },
        localAddress: addressOf(comments),
      },
      (answer) => {
        const { statusCode, headers: said } = answer;
        answer.resume().on('end', () => resolve({ status: String(statusCode), location: said.location ?? '' }));
      },
    );
    asked.on('error', (error: NodeJS.ErrnoException) => resolve({ status: `E ${error.code}`, location: '' }));
    asked.end(body);
  });
