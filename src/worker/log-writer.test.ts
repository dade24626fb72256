import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskEvent } from '../model/event.ts';
import { LogWriter } from './log-writer.ts';

const note = (text: string): TaskEvent => ({ type: 'note', level: 'info', text });

test('what is appended while a write is on its way goes with the next one, in order', async () => {
  const writes: string[][] = [];
  const first = Promise.withResolvers<void>();
  const log = new LogWriter(
    async (at, events) => {
      writes.push([String(at), ...events.map((event) => (event.type === 'note' ? event.text : ''))]);
      await first.promise;
    },
    4,
    (error) => assert.fail(String(error)),
  );
  const written = ['a', 'b', 'c'].map((text) => log.append(note(text)));
  await new Promise(setImmediate);
  const later = ['d', 'e'].map((text) => log.append(note(text)));
  first.resolve();
  await Promise.all([...written, ...later]);
  assert.deepEqual(writes, [
    ['5', 'a', 'b', 'c'],
    ['8', 'd', 'e'],
  ]);
  assert.equal(await log.drain(), 10);
});

test('behind an event that could not be written none is, whoever waits for it', async () => {
  const written: string[] = [];
  let lost: unknown;
  const log = new LogWriter(
    async (_, events) => {
      const texts = events.map((event) => (event.type === 'note' ? event.text : ''));
      if (texts.includes('b')) throw new Error('the database is away');
      written.push(...texts);
    },
    0,
    (error) => {
      lost = error;
    },
  );
  await log.append(note('a'));
  const fails = log.append(note('b'));
  await Promise.resolve();
  const behind = log.append(note('c'));
  await assert.rejects(fails, /away/);
  await assert.rejects(behind, /away/);
  await assert.rejects(log.append(note('d')), /away/);
  await log.drain();
  assert.deepEqual(written, ['a']);
  assert.match(String(lost), /away/);
});
