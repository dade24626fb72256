import { builtIn } from '../../src/built-in.ts';
import { readEnvironment } from '../../src/environment.ts';
import { runHub } from '../../src/hub-process.ts';

/** A hub as main.ts starts it, for tests/kill.test.ts; main.ts itself refuses root, who runs the tests. */
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
await runHub(readEnvironment(process.env), builtIn, 'test', stop.signal);
process.exit(0);
