import assert from 'node:assert/strict';
import { test } from 'node:test';
import { taskTypes } from '../src/tasks/task-types.ts';
import { farms, scenes } from './kit/scenes.ts';
import { twoServerFarms } from './kit/two-servers.ts';

test('every task type has a scene, and every scene a farm that it is played on', () => {
  const shown = new Set(scenes.map(({ type }) => type.name));
  assert.deepEqual(
    taskTypes.map(({ name }) => name).filter((name) => !shown.has(name)),
    [],
  );
  const kinds = [...Object.keys(farms), ...Object.keys(twoServerFarms)];
  for (const { title, only } of scenes) assert.ok(!only || only.some((kind) => kinds.includes(kind)), title);
});
