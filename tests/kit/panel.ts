import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type Call, connect } from '../../src/api/call.ts';
import { builtIn } from '../../src/built-in.ts';
import { hubApp } from '../../src/hub/app.ts';
import type { Hub } from '../../src/hub/hub.ts';
import { serve } from '../../src/hub/listen.ts';
import { readPanel } from '../../src/hub/panel.ts';
import { sealKey } from '../../src/hub/seal.ts';
import { buildPanel } from '../../src/setup/panel.ts';
import { temporaryDirectory, testDatabase } from './postgres.ts';
import { type FarmSize, seedFarm } from './seeded-farm.ts';

type Context = Parameters<Browser['newContext']>[0];

export interface OpenPanel {
  readonly hub: Hub;
  readonly url: string;
  readonly browser: Browser;
  /** Lets another person in: a link that invites an account of this role, for this client. */
  invite(name: string, role: string, client?: string): Promise<string>;
  /** As root, on the machine of the hub. */
  readonly local: Call;
  /** `open` for another person: who accepts an invitation. */
  as(link: string): Promise<PanelFarm['open']>;
  /** A page of a browser that nobody has signed in with; of any address. */
  stranger(address: string, more?: Context): Promise<Page>;
  close(): Promise<void>;
}

export interface PanelFarm extends OpenPanel {
  /** A page of an administrator who is signed in. What its console says as an error, and what it throws, fails the test. */
  open(path: string, more?: Context): Promise<Page>;
}

const root = join(import.meta.dirname, '../..');

/** A hub with a farm that is seeded, the panel that is built, and Debian's Chromium. */
export async function panelFarm(t: TestContext, size: FarmSize | null): Promise<PanelFarm> {
  // What is registered first runs first: the browser and the hub are gone before their database is.
  let close = async (): Promise<void> => undefined;
  t.after(() => close());
  const database = await testDatabase(t);
  if (size) await seedFarm(database.url, size);
  const bugs: unknown[] = [];
  const panel = await openPanel({
    database,
    sealKey: sealKey(randomBytes(32)),
    catalog: builtIn,
    version: '0.0.0-test',
    address: 'http://127.0.0.1',
    transfers: await temporaryDirectory(t, 'aegir-panel'),
    onBug: (_, error) => void bugs.push(error),
  });
  close = () => panel.close();
  // Last, as after one that throws no other is run, and what is left open keeps the process alive.
  t.after(() => assert.deepEqual(bugs, [], 'faults in Aegir itself'));
  return { ...panel, open: await panel.as(await panel.invite('admin', 'administrator')) };
}

/** The panel of this hub in a browser; nobody has signed in. */
export async function openPanel(hub: Hub): Promise<OpenPanel> {
  await buildPanel();
  const socket = await mkdtemp(join(tmpdir(), 'aegir-panel-'));
  const panel = await readPanel(join(root, 'dist/ui'));
  const listening = await serve(hub, { address: '127.0.0.1', port: 0, socketPath: join(socket, 'hub.sock'), panel });
  const browser = await startBrowser();
  // Passkeys are made for a name, not for an address.
  const url = listening.url.replace('127.0.0.1', 'localhost');
  const local = localCall(hub);
  await local('setting set', { params: { name: 'hub.address' }, body: { value: url } });
  const as: OpenPanel['as'] = async (link) => {
    const cookie = await signedIn(url, link);
    return async (path, more = {}) => {
      const page = await strange(browser, more);
      await page.context().addCookies([{ ...cookie, url }]);
      await page.goto(url + path);
      await settled(page);
      return page;
    };
  };
  return {
    ...{ hub, browser, url, local, as },
    async invite(name, role, client) {
      const { invitation } = await local('account create', { body: { name, role, client, invite: true } });
      return invitation?.link ?? '';
    },
    async stranger(address, more = {}) {
      const page = await strange(browser, more);
      await page.goto(address);
      return page;
    },
    async close() {
      await browser.close();
      await listening.close();
      await rm(socket, { recursive: true });
    },
  };
}

/** Without what would look for the world outside. */
const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
    ].concat(['--disable-component-update', '--disable-sync', '--disable-dev-shm-usage']),
  });

async function strange(browser: Browser, more: Context): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...more });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  watch(page);
  return page;
}

/** As root asks, on the machine of the hub. */
function localCall(hub: Hub): Call {
  const app = hubApp(hub);
  return connect(async (path, request) => app.request(path, request, { local: true }));
}

/** The only place that knows how a browser is signed in. */
async function signedIn(url: string, link: string): Promise<{ name: string; value: string }> {
  const response = await fetch(`${url}/api/invitation/accept`, {
    method: 'POST',
    body: JSON.stringify({ secret: new URL(link).hash.slice(1), password }),
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', origin: url },
  });
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(response.headers.getSetCookie()[0] ?? '') ?? [];
  assert.ok(response.ok && value !== '', await response.text());
  return { name, value };
}

/** Of everybody here. */
export const password = 'correct horse battery';

const complaints = new WeakMap<Page, string[]>();

function watch(page: Page): void {
  const found: string[] = [];
  complaints.set(page, found);
  page.on('pageerror', (error) => found.push(`${page.url()}: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') found.push(`${page.url()}: ${message.text()} (${message.location().url})`);
  });
}

/** What the pages that this page showed said as errors. */
export const errorsOf = (page: Page): readonly string[] => complaints.get(page) ?? [];

/** Until nothing on it is still on its way. */
export async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor();
  await page.locator('[aria-busy="true"], [data-stale="true"]').first().waitFor({ state: 'detached' });
}

/** Another page of the panel, as a link would lead to it. */
export async function go(page: Page, path: string): Promise<void> {
  await page.evaluate(
    `history.pushState({}, '', ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent('popstate'))`,
  );
  await settled(page);
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly any: readonly { readonly message: string }[] }[];
}

const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
let axe: string | undefined;

/** What axe finds that is more than minor, with the first place of each; of these rules only, if they are given. */
export async function violations(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  axe ??= await readFile(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
  await page.evaluate(axe);
  const { violations: all } = (await page.evaluate(
    `axe.run(document, ${JSON.stringify({ resultTypes: ['violations'], runOnly: rules ?? wcag })})`,
  )) as {
    violations: readonly Violation[];
  };
  return all
    .filter(({ impact }) => impact !== 'minor')
    .map(
      ({ id, impact, nodes }) =>
        `${impact} ${id} ×${nodes.length}: ${nodes[0]?.html} ${nodes[0]?.any[0]?.message ?? ''}`,
    );
}

/** How wide it is in a window of 390 pixels, once it has found its place there: lists look how much room they have. */
export async function widthOnPhone(page: Page): Promise<number> {
  await page.setViewportSize({ width: 390, height: 844 });
  return page.evaluate<number>(widthInTheEnd);
}

const widthInTheEnd = `new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => done(document.documentElement.scrollWidth)))))`;
