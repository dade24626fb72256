import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testMachine } from '../../tests/kit/applications.ts';
import { withRun } from '../../tests/kit/faulty-machines.ts';
import type { FileStat, Machine } from '../machine/machine.ts';
import { phpVersion } from './php-version.ts';

/** A server on which PHP is a file with this time of change; null: changed a moment ago. */
function server(name: string) {
  const { machine } = testMachine();
  const asked: string[] = [];
  let [version, changedMs]: [string, number | null] = ['8.2.29', 1_000];
  const stat = (path: string): FileStat => ({
    ...{ path, kind: 'file', mode: '0755', owner: 'root', group: 'root', sizeBytes: 1, modifiedMs: 1, changedMs },
  });
  const php: Machine = {
    ...withRun(machine, async ({ argv }) => {
      asked.push(argv.join(' '));
      return { exitCode: 0, stdout: `PHP ${version} (cli)\n`, stderr: '' };
    }),
    name,
    statMany: async (paths) =>
      new Map(paths.filter((path) => path === '/usr/bin/php').map((path) => [path, stat(path)])),
  };
  const becomes = (next: string, at: number | null): void => {
    [version, changedMs] = [next, at];
  };
  return { php, asked, becomes };
}

test('PHP is asked once for its version, and again when another program stands there', async () => {
  const { php, asked, becomes } = server('web1');
  for (let time = 0; time < 3; time++) assert.equal(await phpVersion(php), '8.2.29');
  assert.equal(asked.length, 1);
  becomes('8.3.0', 2_000);
  assert.equal(await phpVersion(php), '8.3.0');
  assert.equal(await phpVersion(php), '8.3.0');
  assert.equal(asked.length, 2);
});

test('what another server has, and what was changed a moment ago, is not relied on', async () => {
  const [one, other] = [server('web2'), server('web3')];
  other.becomes('8.1.0', 1_000);
  assert.deepEqual([await phpVersion(one.php), await phpVersion(other.php)], ['8.2.29', '8.1.0']);
  one.becomes('8.3.0', null);
  assert.equal(await phpVersion(one.php), '8.3.0');
  one.becomes('8.4.0', null);
  assert.equal(await phpVersion(one.php), '8.4.0');
});
