import { join } from 'node:path';
import type { TestContext } from 'node:test';
import S3rver from '@20minutes/s3rver';

/** A real S3 server with its files below `directory`, known by the one key that it has. */
export async function startS3rver(
  t: TestContext,
  directory: string,
  address = '127.0.0.1',
): Promise<{ readonly endpoint: string; readonly accessKeyId: string; readonly secretAccessKey: string }> {
  const server = new S3rver({ address, port: 0, silent: true, directory: join(directory, 's3') });
  const { port } = await server.run();
  t.after(() => server.close());
  return { endpoint: `http://${address}:${port}`, accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
}
