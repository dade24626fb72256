import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { database, sample } from '../../../tests/kit/http-contract.ts';
import { serverPaths } from '../../model/server.ts';
import { apacheMain } from './apache-main.ts';
import { apacheTexts } from './apache-text.ts';
import type { Vhost } from './http.ts';
import { mainFiles } from './nginx-main.ts';
import { mapText, ownBlockText, routingClass } from './nginx-text.ts';
import { listenOn, type WebPaths, webOptions, webPaths } from './options.ts';
import { webLogs } from './web-log.ts';

/**
 * One file for each case: what is given, `----`, what is written. UPDATE_GOLDEN=1 writes what is written now:
 * look at the difference before you commit it.
 */
const given = z.object({
  options: z.record(z.string(), z.unknown()).default({}),
  /** Absent: the server's own files. Else what is different from a plain enabled site. */
  vhost: z.record(z.string(), z.unknown()).optional(),
  operator: z.object({ before: z.array(z.string()), after: z.array(z.string()) }).default({ before: [], after: [] }),
});
type Given = z.output<typeof given>;

// The files are ours; what they leave out is the sample's.
const vhostOf = (more: Given['vhost'] & object): Vhost =>
  ({
    ...sample({ root: '/var/aegir/platforms/d10', fpmSocket: '/run/php/php8.2-fpm.sock' }, 'example.com'),
    database: database('site_example'),
    ...more,
  }) as Vhost;

const pathsOf = (engine: string): WebPaths =>
  // Rendering reaches for no machine.
  ({
    ...webPaths(
      { machine: undefined as never, paths: serverPaths('/var/aegir', 'master') },
      engine,
      webOptions.parse({}),
    ),
    logs: webLogs,
  });

const render: Readonly<Record<string, (input: Given) => Readonly<Record<string, string>>>> = {
  nginx({ options: some, vhost: more, operator }) {
    const [options, paths] = [webOptions.parse(some), pathsOf('nginx')];
    const listen = listenOn(options, [options.port, ...options.morePorts], true);
    const listenTls = listenOn(options, [options.tlsPort], true);
    if (!more) {
      const { main, site, refuse, php } = mainFiles(paths, options, listen, listenTls);
      return { 'nginx.conf': main, 'site.conf': site, 'refuse.conf': refuse, 'php.conf': php };
    }
    const vhost = vhostOf(more);
    const hasOwn = vhost.tls !== 'off' || vhost.lines.length + operator.before.length > 0;
    const certificate =
      vhost.tls === 'off' ? null : (vhost.certificate ?? { certificatePath: '/c.pem', keyPath: '/c.pem' });
    const own = hasOwn
      ? ownBlockText(vhost, [`${paths.config}/site.conf`], operator, { listen, listenTls, certificate })
      : null;
    const { rules, choice } = routingClass(vhost);
    return {
      '.map': mapText(vhost, own).text,
      ...(own !== null && { '.conf': own }),
      ...{ 'class.conf': rules, 'class.map': choice },
    };
  },
  apache({ options: some, vhost: more, operator }) {
    const [options, paths] = [webOptions.parse(some), pathsOf('apache')];
    const on = (port: number): readonly string[] =>
      listenOn(options, [port], false).map((one) => (/^\d+$/.test(one) ? `*:${one}` : one));
    const [blocks, blocksTls] = [[options.port, ...options.morePorts].flatMap(on), on(options.tlsPort)];
    if (!more) return { 'apache.conf': apacheMain(paths, options, { blocks, blocksTls, listens: ['80', '443'] }).text };
    const vhost = vhostOf(more);
    const certificate = vhost.certificate ?? { certificatePath: '/c.pem', keyPath: '/c.pem' };
    const { exact, wild } = apacheTexts(vhost, paths, options, {
      listen: blocks,
      listenTls: blocksTls,
      certificate,
      operator,
    });
    return { '.conf': exact, ...(wild !== null && { 'wild.conf': wild }) };
  },
};

for (const [server, rendered] of Object.entries(render)) {
  const directory = join(import.meta.dirname, `${server}.golden`);
  for (const name of await readdir(directory))
    test(`${server}: ${name.replace('.txt', '')} is written as it always was`, async () => {
      const path = join(directory, name);
      const [input = '', ...rest] = (await readFile(path, 'utf8')).split('\n----\n');
      const files = rendered(given.parse(JSON.parse(input)));
      const output = Object.entries(files)
        .map(([file, text]) => `==> ${file}\n${text}`)
        .join('\n');
      if (process.env['UPDATE_GOLDEN']) await writeFile(path, `${input}\n----\n${output}`);
      else assert.equal(output, rest.join('\n----\n'));
    });
}
