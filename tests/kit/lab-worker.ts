import { builtIn } from '../../src/built-in.ts';
import { readEnvironment } from '../../src/environment.ts';
import { runWorker } from '../../src/worker-process.ts';

/** A worker as `aegir worker` starts it, but as the user of the tests. */
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
await runWorker(readEnvironment(process.env), builtIn, stop.signal);
