import { Readable } from 'node:stream';

/** Each costs the far side the start of a small program. */
const frameBytes = 512 * 1024;

/**
 * The same bytes in frames: a line with their number, then they; last a line '0'. So that the far side of a connection
 * knows the end of what it was given from the end of the connection.
 */
export function framed(input: Readable): Readable {
  return Readable.from(framesOf(input), { objectMode: false });
}

async function* framesOf(input: Readable): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let bytes = 0;
  const frame = (): Buffer => Buffer.concat([Buffer.from(`${bytes}\n`), ...parts]);
  for await (const chunk of input) {
    const part = Buffer.from(chunk as Buffer); // a stream of bytes has no others
    parts.push(part);
    bytes += part.length;
    if (bytes < frameBytes) continue;
    yield frame();
    [parts, bytes] = [[], 0];
  }
  if (bytes > 0) yield frame();
  yield Buffer.from('0\n');
}
