import assert from 'node:assert/strict';
import type { Machine } from '../../src/machine/machine.ts';
import type { HandMore } from './farm.ts';
import { startKiller } from './real-connections.ts';
import type { Disk } from './real-disk.ts';
import { fresh, type Goal, point, type RealScene, runOpen } from './real-proof.ts';

/** What goes wrong around a worker while one of its steps is at work. */

export interface Disconnect {
  readonly step: string;
  /** SQL over information_schema.processlist as `p`. */
  readonly whom: string;
  /** Connections that are killed before it lets others be; else all, as long as the step is at work. */
  readonly most?: number;
}

/** Connections to the database are killed. */
export async function disconnected(scene: RealScene, goal: Goal, faults: readonly Disconnect[]): Promise<void> {
  const { server } = scene.farm;
  for (const { step, whom, most } of faults) {
    const many = most === undefined ? 'all connections' : `${most} connection${most === 1 ? '' : 's'}`;
    await point(scene, goal.world, `${many} killed in '${step}' (${whom})`, async () => {
      let killed = 0;
      const more = during(step, async () => {
        const killer = await startKiller(server, whom, most ?? 1_000_000);
        return async () => {
          killed = await killer.stop();
        };
      });
      const { worker, open } = fresh(scene, more);
      const ending = await runOpen(worker, await open());
      await more.end();
      assert.ok(killed > 0, `nobody was killed in '${step}'`);
      return ending;
    });
  }
}

export interface Full {
  readonly step: string;
  /** Room that is left when the step begins; none unless it is said. */
  readonly leftBytes?: number;
  /** Somebody makes room as soon as the step has failed; else it stays full until all is over. */
  readonly onlyThen?: true;
}

/** The disk that all is on is full from the beginning of a step. */
export async function diskFull(scene: RealScene, goal: Goal, disk: Disk, faults: readonly Full[]): Promise<void> {
  for (const { step, leftBytes = 0, onlyThen } of faults) {
    const when = `disk full in '${step}'${leftBytes > 0 ? ` after ${leftBytes} bytes` : ''}${onlyThen ? ', not after it' : ''}`;
    await point(scene, goal.world, when, async () => {
      const more = during(step, async () => {
        await disk.fill(leftBytes);
        return async () => {
          if (onlyThen) await disk.makeRoom();
        };
      });
      const { worker, open } = fresh(scene, more);
      const ending = await runOpen(worker, await open());
      await more.end();
      await disk.makeRoom();
      return ending;
    });
  }
}

/** `begin` is over before the first thing that the step does on the machine, and what it answers before the first that another does. */
function during(step: string, begin: () => Promise<() => Promise<void>>): HandMore & { end(): Promise<void> } {
  let now = '';
  let begun: Promise<() => Promise<void>> | undefined;
  let ended: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    ended ??= begun?.then((stop) => stop());
    await ended;
  };
  const gate = async (): Promise<void> => {
    if (now !== step) return end();
    begun ??= begin();
    await begun;
  };
  return {
    end,
    before(event) {
      if (event.type === 'step.started') now = event.step;
      if (event.type === 'undo.started') now = `undo of ${event.step}`;
    },
    wrap: (machine) =>
      new Proxy(machine, {
        get(target, key) {
          const value: unknown = Reflect.get(target, key, target);
          if (typeof value !== 'function') return value;
          return async (...args: unknown[]) => {
            await gate();
            return Reflect.apply(value as Machine['run'], target, args);
          };
        },
      }),
  };
}
