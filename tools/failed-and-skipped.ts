import { resolve } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

/**
 * Reporter for `node --test`, a line for each: `failed <file>` of those in which a test failed or that failed as a whole, and
 * `skipped <test>: <why>`.
 */
export default async function* failedAndSkipped(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const failed = new Set<string>();
  for await (const { type, data } of events) {
    // Of a file that tells of its tests; without a file it is the summary of all.
    if (type === 'test:summary' && !data.success && data.file !== undefined) failed.add(data.file);
    // One that cannot even be loaded, or ends in the middle, is itself what failed.
    if (type === 'test:fail' && resolve(data.name) === data.file) failed.add(data.file);
    if (type === 'test:pass' && data.skip !== undefined)
      yield `skipped ${data.name}${typeof data.skip === 'string' ? `: ${data.skip}` : ''}\n`;
  }
  for (const file of failed) yield `failed ${file}\n`;
}
