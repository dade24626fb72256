import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { Screen } from './screen.ts';

async function shown(isTTY: boolean, act: (screen: Screen) => Promise<void>): Promise<string> {
  const out = Object.assign(new PassThrough(), { isTTY });
  await act(new Screen(out));
  return String(out.read() ?? '');
}

test('without a terminal each step is one line, with nothing but text', async () => {
  const text = await shown(false, async (screen) => {
    await screen.step('user', async () => 'made it');
    await screen.step('key', async () => null);
    assert.equal(screen.changed, 1);
  });
  assert.match(text, /^✓ user: made it, in \d+\.\d s\n✓ key: already there\n$/);
});

test('on a terminal the line is rewritten as the step goes on', async () => {
  const text = await shown(true, (screen) =>
    screen.step('site', async (say) => {
      say('create database');
      return 'installed';
    }),
  );
  assert.ok(text.includes('… site: create database\r\u001b[K✓ site: installed'));
});

test('a step that fails is marked, and its problem goes on', async () => {
  const text = await shown(false, (screen) =>
    assert.rejects(
      screen.step('site', async () => {
        throw new Error('no');
      }),
    ),
  );
  assert.equal(text, '✗ site\n');
});
