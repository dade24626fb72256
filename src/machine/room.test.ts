import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Disk, demandRooms } from './room.ts';

const mb = 1024 * 1024;
const disk = (mount: string, freeMb: number, server = 'web1'): Disk => ({ server, mount, freeBytes: freeMb * mb });

test('what goes to one disk is taken together, and 64 MB are left over', () => {
  const [sites, again] = [disk('/srv', 264), disk('/srv', 264)];
  demandRooms([
    { disk: sites, bytes: 150 * mb },
    { disk: again, bytes: 50 * mb },
  ]);
  const more = [
    { disk: sites, bytes: 150 * mb },
    { disk: again, bytes: 51 * mb },
  ];
  assert.throws(() => demandRooms(more), {
    code: 'disk-full',
    message: 'the disk at /srv on web1 has 264 MB free, and 265 MB are needed',
  });
});

test('each disk has its own room, also where two machines name theirs alike', () => {
  const needs = (databaseMb: number) => [
    { disk: disk('/', 100), bytes: 30 * mb },
    { disk: disk('/var/lib/mysql', 1000), bytes: 900 * mb },
    { disk: disk('/', 100, 'db1'), bytes: databaseMb * mb },
  ];
  demandRooms(needs(36));
  assert.throws(() => demandRooms(needs(37)), { message: /^the disk at \/ on db1 has 100 MB free/ });
});
