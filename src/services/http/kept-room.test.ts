import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from '../../machine/machine.ts';
import { MemoryMachine } from '../../machine/memory.ts';
import { Problem } from '../../model/problem.ts';
import { simulatedWorld } from '../../simulation/world.ts';
import { KeptRoom } from './kept-room.ts';

const path = '/config/kept-room';

/** A disk on which nothing can be written while the file of no use is there and `isFull`. */
function onDisk() {
  const hands = { name: 'web1', log: { append: async () => {} }, claim: new AbortController().signal };
  const machine = new MemoryMachine(hands, simulatedWorld());
  const disk = { isFull: false, free: 0 };
  const full: Machine = Object.assign(Object.create(machine), {
    stat: machine.stat.bind(machine),
    async write(...args: Parameters<Machine['write']>) {
      if (disk.isFull && disk.free === 0) throw new Problem('disk-full', 'no space left');
      await machine.write(...args);
    },
    async remove(removed: string) {
      await machine.remove(removed);
      if (removed === path) disk.free += 1;
    },
  });
  return { machine, disk, room: new KeptRoom(full, '/config') };
}

test('on a full disk a file of a configuration is written into the room that was kept; it is kept again when there is some', async () => {
  const { machine, disk, room } = onDisk();
  await machine.makeDirectory('/config', { mode: '0700' });
  assert.deepEqual(await room.keep(), [`wrote ${path}`]);
  assert.deepEqual(await room.keep(), []);
  disk.isFull = true;
  await room.write('/config/site.conf', 'open');
  assert.equal(await machine.read('/config/site.conf'), 'open');
  assert.equal(await machine.stat(path), null);

  disk.free = 0;
  await assert.rejects(room.write('/config/site.conf', 'closed'), { code: 'disk-full' });
  assert.deepEqual(await room.keep(), []);
  disk.isFull = false;
  assert.deepEqual(await room.keep(), [`wrote ${path}`]);
});
