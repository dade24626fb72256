import { readEnvironment } from '../src/environment.ts';
import { runHub } from '../src/hub-process.ts';
import { runWorker } from '../src/worker-process.ts';
import { benchCatalog } from './catalog.ts';

// `aegir hub` and `aegir worker`, but as any user and with private servers: main.ts refuses root, and a bench has nobody else.
const [name] = process.argv.slice(2);
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
const environment = readEnvironment(process.env);
const catalog = benchCatalog(process.env['AEGIR_BENCH_NGINX']);
if (name === 'hub') await runHub(environment, catalog, '0.0.0-bench', stop.signal);
else if (name === 'worker') await runWorker(environment, catalog, stop.signal);
else throw new RangeError('usage: node bench/run-process.ts hub|worker');
