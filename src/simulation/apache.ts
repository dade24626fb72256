import type { Program } from '../machine/memory-world.ts';
import { installWeb, openssl, type SimulatedWeb } from './web.ts';
import type { Simulation } from './world.ts';

/** As much of Apache as Aegir asks of it: configtest (-t), graceful and -v, with the messages of the real one. */
export const apache: Simulation = (world) => {
  const { test, reload } = installWeb(world, simulated);
  world.programs.set('openssl', openssl);
  const apache = ({
    argv,
  }: {
    readonly argv: readonly string[];
  }): { exitCode?: number; stdout?: string; stderr?: string } => {
    const last = argv.at(-1) ?? '';
    if (last === '-v') return { stdout: 'Server version: Apache/2.4.71 (Debian)\n' };
    const said = last === 'graceful' ? reload() : test();
    return said === null ? { stderr: 'Syntax OK\n' } : { exitCode: 1, stderr: `${said}\n` };
  };
  world.programs.set('grep', grep);
  world.programs.set('apache2ctl', apache);
  world.programs.set('apache2', apache);
};

/** As it is asked for host names: lines on its input, directories at the end, the files that hold one of the lines. */
const grep: Program = ({ argv, stdin }, { world }) => {
  const wanted = String(stdin ?? '')
    .split('\n')
    .filter((line) => line !== '');
  const directories = argv.filter((word) => word.startsWith('/')).map((path) => `${path}/`);
  const found = [...world.files.keys()]
    .filter((path) => directories.some((directory) => path.startsWith(directory)))
    .filter((path) => (world.text(path) ?? '').split('\n').some((line) => wanted.includes(line)));
  return { exitCode: found.length > 0 ? 0 : 1, stdout: found.map((path) => `${path}\n`).join('') };
};

const simulated: SimulatedWeb = {
  server: 'apache',
  complaint: (path, text) => {
    const lines = text.split('\n').map((line) => line.trim());
    const open = lines.filter((line) => /^<[A-Za-z]/.test(line)).length;
    const closed = lines.filter((line) => line.startsWith('</')).length;
    if (open !== closed) return `AH00526: Syntax error on line 1 of ${path}:\n<VirtualHost> was not closed.`;
    const at = lines.findIndex((line) => line.startsWith('not_a_directive'));
    if (at < 0) return null;
    return `AH00526: Syntax error on line ${at + 1} of ${path}:\nInvalid command 'not_a_directive', perhaps misspelled or defined by a module not included in the server configuration`;
  },
  marks: (text, host) =>
    blocksOf(text, host).flatMap((block) => /well-known\/aegir\/([0-9a-f]{12})/.exec(block)?.[1] ?? []),
  published: (text, host) => {
    const [block] = blocksOf(text, host);
    if (block === undefined) return null;
    if (block.includes('[R=503,END]')) return { state: block.includes('Retry-After') ? 'maintenance' : 'disabled' };
    const value = (before: string): string => new RegExp(`^  ${before} "?([^"\\n]*)`, 'm').exec(block)?.[1] ?? '';
    const root = value('DocumentRoot');
    if (root === '') return { state: 'redirect' };
    return {
      state: 'enabled',
      root,
      directory: value('SetEnv AEGIR_SITE_DIR'),
      database: { driver: value('SetEnv AEGIR_DB_DRIVER'), name: value('SetEnv AEGIR_DB_NAME') },
    };
  },
};

const blocksOf = (text: string, host: string): readonly string[] =>
  text
    .split('</VirtualHost>')
    .filter((block) =>
      block.split('\n').some((line) => /^\s*Server(?:Name|Alias) /.test(line) && line.trim().endsWith(` ${host}`)),
    );
