import { pageFieldNames } from '../services/http/nginx-text.ts';
import { installWeb, openssl, type Published, type SimulatedWeb } from './web.ts';
import type { Simulation } from './world.ts';

/** As much of nginx as Aegir asks of it: -t, -s reload and -v, with the messages of the real one. */
export const nginx: Simulation = (world) => {
  const { test, reload } = installWeb(world, simulated);
  world.programs.set('openssl', openssl);
  world.programs.set('nginx', ({ argv }) => {
    const args = argv.slice(1).join(' ');
    if (args.endsWith('-v')) return { stderr: 'nginx version: nginx/1.22.1\n' };
    const said = args.endsWith('-t') ? test() : reload();
    return said === null
      ? {}
      : { exitCode: 1, stderr: `nginx: [emerg] ${said}\nnginx: configuration file test failed\n` };
  });
};

const simulated: SimulatedWeb = {
  server: 'nginx',
  complaint: (path, text) => {
    const bare = text.replace(/"(?:[^"\\]|\\.)*"/gs, '""').replace(/^\s*#.*$/gm, '');
    const count = (sign: string): number => bare.split(sign).length - 1;
    if (bare.includes('"') && bare.replaceAll('""', '').includes('"'))
      return `unexpected end of file, expecting """ in ${path}:1`;
    if (count('{') !== count('}')) return `unexpected end of file, expecting "}" in ${path}:1`;
    const unknown = /^\s*(not_a_directive\S*)/m.exec(bare)?.[1];
    if (unknown !== undefined) return `unknown directive "${unknown.replace(/;$/, '')}" in ${path}:1`;
    if (/[^;{}\s]\s*$/.test(bare)) return `unexpected end of file, expecting ";" or "}" in ${path}:1`;
    return null;
  },
  clash: (files) => {
    const seen = new Set<string>();
    for (const [path, text] of files)
      for (const [, host = ''] of path.includes('/vhost.d/') && path.endsWith('.map')
        ? text.matchAll(/^([^#\s]\S*) "/gm)
        : []) {
        if (seen.has(host)) return `conflicting parameter "${host}" in ${path}:1`;
        seen.add(host);
      }
    return null;
  },
  marks: (text, host) => {
    const own = text.split('\n').filter((line) => line.startsWith(`${host} `));
    const lines = own.length > 0 ? own : text.split('\n').filter((line) => line.startsWith('  default "u|'));
    return lines.flatMap((line) => /\|[os]\|([0-9a-f]+)\|/.exec(line)?.[1] ?? []);
  },
  published: (text, host) => {
    const line = text.split('\n').find((one) => one.startsWith(`${host} "`));
    return line === undefined ? null : readLine(line.slice(host.length + 2, -2).split('|'));
  },
};

function readLine([state, , , ...fields]: readonly string[]): Published {
  if (state === 'd') return { state: 'disabled' };
  if (state === 'm') return { state: 'maintenance' };
  if (state === 'r') return { state: 'redirect' };
  const page = fields[0]?.startsWith('as=') ? fields.slice(1) : fields;
  const field = (name: string): string => page[pageFieldNames.indexOf(name)] ?? '';
  return {
    state: 'enabled',
    root: field('root'),
    directory: field('dir'),
    database: { driver: field('driver'), name: field('name') },
  };
}
