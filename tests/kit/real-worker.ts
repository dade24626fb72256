import { writeSync } from 'node:fs';
import { taskTypes } from '../../src/tasks/task-types.ts';
import { run } from '../../src/worker/run.ts';
import { hand } from './farm.ts';
import type { TaskForWorker } from './killed-worker.ts';
import { placeOf } from './real-farm.ts';

/** A worker in a process of its own, to be killed: does one task, and says each event on a line of its standard output. */
const { data, truth, task: name, subject, args = {} } = JSON.parse(process.argv[2] ?? '') as TaskForWorker; // The test that starts us wrote it.
const type = taskTypes.find((one) => one.name === name);
if (!type) throw new Error(`there is no task '${name}'`);
// As an event is written to the hub: when the line is out, it is there, whatever happens to us.
const worker = hand(placeOf(data), truth, { before: (event) => void writeSync(1, `${JSON.stringify(event)}\n`) });
const task = await type.open(worker.load, subject, args);
await run(task, worker.log, [], { claim: worker.claim.signal, stop: () => undefined, undoing: () => undefined });
