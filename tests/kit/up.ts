import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { FreshMachine } from './fresh-machine.ts';

export interface Told {
  readonly text: string;
  /** As it was printed under 'Site:'. */
  readonly url: string;
  readonly link: string;
  readonly seconds: number;
}

/** A test goes on however busy its machine is. A setting that was there before is also one that ./up has to keep. */
export async function settle(machine: FreshMachine): Promise<void> {
  await machine.must('mkdir', '/etc/aegir');
  await machine.must('sh', '-c', 'echo AEGIR_LOAD_FACTOR=1000 >/etc/aegir/aegir.env');
}

/** Runs ./up, which must succeed, and reads what it told the person. */
export async function up(t: TestContext, machine: FreshMachine, ...words: readonly string[]): Promise<Told> {
  const started = performance.now();
  const text = await machine.must('./up', ...words);
  const seconds = (performance.now() - started) / 1000;
  t.diagnostic(`./up ${words.join(' ')} took ${seconds.toFixed(1)} s`);
  const url = /^ *Site: +(\S+)$/mu.exec(text)?.[1];
  const link = /^ *Log in: +(\S+)/mu.exec(text)?.[1];
  assert.ok(url !== undefined && link !== undefined, text);
  return { text, url, link, seconds };
}

export interface Page {
  readonly status: number;
  /** Where the redirections ended. */
  readonly url: string;
  readonly title: string;
  readonly body: string;
}

/** As a browser in the machine has it, with `jar` for its cookies. */
export async function visit(machine: FreshMachine, url: string, jar = '/dev/null'): Promise<Page> {
  const how = ['--silent', '--show-error', '--location', '--max-time', '120', '--cookie', jar, '--cookie-jar', jar];
  const text = await machine.must('curl', ...how, '--write-out', '\n%{http_code} %{url_effective}', url);
  const at = text.lastIndexOf('\n');
  const [status = '', end = ''] = text.slice(at + 1).split(' ');
  const body = text.slice(0, at);
  return { status: Number(status), url: end, title: /<title>([^<]*)/.exec(body)?.[1]?.trim() ?? '', body };
}

/** Who may come here and what it is called then: the page behind the login of each application. */
export interface Inside {
  readonly path: string;
  readonly title: RegExp;
}
export const insideWordpress: Inside = { path: '/wp-admin/', title: /^Dashboard/ };
export const insideDrupal: Inside = { path: '/user', title: /^admin / };

/** The site's own front page is there, and the link lets one person in, once. */
export async function isOpen(
  machine: FreshMachine,
  { url, link }: Told,
  frontTitle: RegExp,
  inside: Inside,
): Promise<void> {
  const front = await visit(machine, url);
  assert.equal(front.status, 200, front.body);
  assert.match(front.title, frontTitle);
  const behind = new URL(inside.path, url).href;
  const stranger = await visit(machine, behind);
  assert.doesNotMatch(stranger.title, inside.title, 'a stranger is inside');
  const entered = await visit(machine, link, '/root/first.jar');
  assert.equal(entered.status, 200, entered.body);
  const home = await visit(machine, behind, '/root/first.jar');
  assert.equal(home.status, 200, home.body);
  assert.match(home.title, inside.title);
  await visit(machine, link, '/root/second.jar');
  const second = await visit(machine, behind, '/root/second.jar');
  assert.doesNotMatch(second.title, inside.title, 'the login link let a second person in');
  await machine.must('rm', '/root/first.jar', '/root/second.jar');
}
