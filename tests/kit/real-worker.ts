import { writeSync } from 'node:fs';
import { taskTypes } from '../../src/tasks/task-types.ts';
import { run } from '../../src/worker/run.ts';
import { hand } from './farm.ts';
import { withoutBackup } from './played.ts';
import { type PlaceData, placeOf } from './real-farm.ts';
import type { Truth } from './truth.ts';

/** A worker in a process of its own, to be killed: does one task, and says each event on a line of its standard output. */
interface Given {
  readonly data: PlaceData;
  readonly truth: Truth;
  readonly task: string;
  readonly subject: string;
}
const { data, truth, task: name, subject } = JSON.parse(process.argv[2] ?? '') as Given; // The test that starts us wrote it.
const type = taskTypes.find((one) => one.name === name);
if (!type) throw new Error(`there is no task '${name}'`);
// As an event is written to the hub: when the line is out, it is there, whatever happens to us.
const worker = hand(placeOf(data), truth, { before: (event) => void writeSync(1, `${JSON.stringify(event)}\n`) });
const task = await type.open(worker.load, subject, withoutBackup(type));
await run(task, worker.log, [], { claim: worker.claim.signal, stop: () => undefined, undoing: () => undefined });
