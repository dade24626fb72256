import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { onReal } from '../../../tests/kit/http-benches.ts';
import { database, sample } from '../../../tests/kit/http-contract.ts';
import { Problem } from '../../model/problem.ts';
import { serverPaths } from '../../model/server.ts';
import { apacheTexts } from './apache-text.ts';
import type { Vhost } from './http.ts';
import { mapText, ownBlockText, routingClass } from './nginx-text.ts';
import { webOptions, webPaths } from './options.ts';
import { checkVhost } from './rules.ts';

const signs = fc.constantFrom(
  ...'"\'\\;{}$#%|<>*~!=&?`()[] \t\n\r\0\u0085\u2028äé.-_/aZ0'.split(''),
  '${',
  '%{',
  '\\"',
  '";',
  '}\n',
  '</VirtualHost>',
  '../',
);
const hostile = fc.array(signs, { maxLength: 20 }).map((parts) => parts.join(''));

/** Each field of a vhost that comes from outside, set to a value. */
const fields: Readonly<Record<string, (vhost: Vhost, value: string) => Vhost>> = {
  name: (vhost, name) => ({ ...vhost, name }),
  alias: (vhost, name) => ({ ...vhost, aliases: [{ name, redirect: false }] }),
  'redirecting alias': (vhost, name) => ({ ...vhost, aliases: [{ name, redirect: true }] }),
  redirection: (vhost, redirection) => ({ ...vhost, redirection, aliases: [{ name: redirection, redirect: false }] }),
  root: (vhost, root) => ({ ...vhost, root: `/${root}` }),
  directory: (vhost, directory) => ({ ...vhost, directory }),
  files: (vhost, files) => ({ ...vhost, routing: { ...vhost.routing, files } }),
  script: (vhost, script) => ({ ...vhost, routing: { ...vhost.routing, scripts: [`/${script}.php`] } }),
  socket: (vhost, fpmSocket) => ({ ...vhost, fpmSocket: `/run/${fpmSocket}` }),
  certificate: (vhost, path) => ({
    ...vhost,
    tls: 'on',
    certificate: { certificatePath: `/c/${path}`, keyPath: `/c/${path}` },
  }),
  'database name': (vhost, name) => ({ ...vhost, database: { ...vhost.database, name } }),
  'database user': (vhost, user) => ({ ...vhost, database: { ...vhost.database, user } }),
  'database host': (vhost, host) => ({ ...vhost, database: { ...vhost.database, host } }),
  'database socket': (vhost, socket) => ({ ...vhost, database: { ...vhost.database, socket } }),
  password: (vhost, password) => ({ ...vhost, database: database('db_one', password) }),
};

const plain = sample({ root: '/var/aegir/platforms/d10', fpmSocket: '/run/php/fpm.sock' }, 'example.com', {
  tls: 'on',
});
const given = { certificatePath: '/c.pem', keyPath: '/c.pem' };
const none = { before: [], after: [] };

function nginxText(vhost: Vhost): string {
  checkVhost(vhost);
  const own = ownBlockText(vhost, ['/site.conf'], none, {
    listen: ['80'],
    listenTls: ['443'],
    certificate: vhost.certificate ?? given,
  });
  return `${mapText(vhost, own).text}${own}${routingClass(vhost).rules}`;
}

function apacheText(vhost: Vhost): string {
  checkVhost(vhost);
  const paths = webPaths(
    { machine: undefined as never, paths: serverPaths('/var/aegir', 'master') },
    'apache',
    options,
  );
  const blocks = { listen: ['*:80'], listenTls: ['*:443'], certificate: vhost.certificate ?? given, operator: none };
  const { exact, wild } = apacheTexts(vhost, paths, options, blocks);
  return exact + (wild ?? '');
}
const options = webOptions.parse({});

/** Directives as nginx reads them: the words of each, blocks opened and closed. Throws where it would complain. */
function nginxWords(text: string): readonly (readonly string[])[] {
  const found: string[][] = [[]];
  const token = /\s+|#[^\n]*|"((?:[^"\\]|\\.)*)"(?=[\s;{]|$)|([;{}])|([^\s;{}"#][^\s;{}]*)/gsy;
  while (token.lastIndex < text.length) {
    const [whole, inQuotes, sign, word] = token.exec(text) ?? assert.fail('nginx would complain');
    if (sign !== undefined) found.push(sign === ';' ? [] : [sign], []);
    else if (inQuotes !== undefined) found.at(-1)?.push(inQuotes.replace(/\\(["\\])/g, '$1'));
    else if (word !== undefined) found.at(-1)?.push(word);
    assert.notEqual(whole, '');
  }
  return found.filter((words) => words.length > 0);
}

/** Lines as Apache reads them: its words, in quotes or not. */
const apacheWords = (text: string): readonly (readonly string[])[] =>
  text
    .split('\n')
    .map((line) =>
      [...line.matchAll(/"((?:[^"\\]|\\.)*)"|([^\s"]\S*)/g)].map(
        ([, a, b]) => a?.replace(/\\(["\\])/g, '$1') ?? b ?? '',
      ),
    );

const firstWords = (all: readonly (readonly string[])[]): readonly string[] =>
  all
    .filter((words) => !/^(?:SetEnv|ServerAlias|listen)$/.test(words[0] ?? ''))
    .map((words) =>
      /^[a-zA-Z<]/.test(words[0] ?? '') && !(words[0] ?? '').includes('.')
        ? `${words[0]} ${words.length}`
        : `${words.length}`,
    );

const writers = [
  {
    render: nginxText,
    read: nginxWords,
    written: (all: ReturnType<typeof nginxWords>) => all[0]?.[1]?.split('|').slice(16).join('|'),
  },
  {
    render: apacheText,
    read: apacheWords,
    written: (all: ReturnType<typeof nginxWords>) => all.find((words) => words[1] === 'AEGIR_DB_PASSWORD')?.[2] ?? '',
  },
];

/** What is written for a vhost, or null for one that is refused as it should be. */
function attempt(render: (vhost: Vhost) => string, vhost: Vhost): string | null {
  try {
    return render(vhost);
  } catch (error) {
    assert.ok(error instanceof Problem && error.code === 'invalid', String(error));
    const password = vhost.database.password.reveal();
    assert.ok(password.length < 3 || !error.message.includes(password), 'a password is not shown');
    return null;
  }
}

for (const [field, set] of Object.entries(fields))
  test(`whatever is given as ${field} is refused or stays one word, in nginx and in Apache`, () => {
    // Anything may be a credential; what else is taken has only harmless signs, which read as themselves.
    const isCredential = /^database|^password/.test(field);
    let taken = 0;
    const holds = (value: string): void => {
      for (const { render, read, written } of writers) {
        const text = attempt(render, set(plain, value));
        if (text === null) continue;
        taken += 1;
        if (!isCredential) assert.match(value, /^[\w.*/@+-]*$/);
        else assert.deepEqual(firstWords(read(text)), firstWords(read(render(set(plain, value === '' ? '' : 'x')))));
        if (field === 'password') assert.equal(written(read(text))?.replaceAll(`\${aegir_dollar}`, '$'), value);
      }
    };
    fc.assert(fc.property(fc.oneof(hostile, fc.string({ unit: 'binary', maxLength: 30 })), holds), { numRuns: 300 });
    if (isCredential) assert.ok(taken > 50, 'credentials may hold almost anything');
  });

for (const server of ['nginx', 'apache'] as const)
  test(`${server} itself takes hostile credentials, and PHP gets them as they are`, { timeout: 20 * 60_000 }, () =>
    onReal(server, async (bench) => {
      const http = bench.open();
      await http.verify();
      // Control characters are refused; everything else must arrive. Sent as UTF-8, read back as UTF-8.
      const values = fc.sample(
        hostile.filter((text) => text !== '' && !/\p{Cc}/u.test(text)),
        { numRuns: 25, seed: 7 },
      );
      const vhosts = values.map((value, index) =>
        sample(bench, `h${index}.example.com`, {
          database: { ...database('db_one', value), user: value.replaceAll('|', '') },
        }),
      );
      await Promise.all(vhosts.map((vhost) => http.create(vhost)));
      for (const [index, { name, database: wanted }] of vhosts.entries()) {
        const server = JSON.parse((await bench.ask(`http://${name}/`)).body) as Record<string, string>;
        assert.equal(server['AEGIR_DB_PASSWORD'], values[index]);
        assert.equal(server['AEGIR_DB_USER'] ?? '', wanted.user);
      }
    }),
  );
