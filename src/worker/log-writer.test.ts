import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskEvent } from '../model/event.ts';
import { LogWriter } from './log-writer.ts';

test('nothing is written behind the number that the last event gets', async () => {
  const written: [number, string][] = [];
  const writer = new LogWriter(
    async (first, events) => {
      for (const [at, event] of events.entries()) written.push([first + at, (event as { text: string }).text]);
    },
    4,
    (error) => assert.fail(String(error)),
  );
  const note = (text: string): TaskEvent => ({ type: 'note', level: 'info', text });
  await Promise.all([writer.append(note('one')), writer.append(note('two'))]);
  assert.equal(await writer.drain(), 7);
  await writer.append(note('of a command that nobody waited for'));
  assert.deepEqual(written, [
    [5, 'one'],
    [6, 'two'],
  ]);
});
