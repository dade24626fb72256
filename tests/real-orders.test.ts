import assert from 'node:assert/strict';
import { chmod, readFile, utimes, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { hubApp } from '../src/hub/app.ts';
import { runReserves } from '../src/hub/reserve-run.ts';
import { deliverConfirmations } from '../src/hub/sign-up/mails.ts';
import { Browser, codeBases } from './kit/applications.ts';
import type { Answered, TestHub } from './kit/hub.ts';
import type { HubWithWorker } from './kit/hub-with-worker.ts';
import { mailServer, useMailServer } from './kit/mail-server.ts';
import { type RealFarm, realFarm } from './kit/real-farm.ts';
import { realHubWithPlatform } from './kit/real-hub.ts';
import { codeIn, linkIn, SignUpVisitor } from './kit/sign-up-visitor.ts';

interface Kind {
  readonly title: string;
  readonly application: 'wordpress' | 'drupal';
  readonly source: string | null;
  readonly settings: string;
  readonly slogan: string;
  /** Where the slogan can be changed, and one's own account. */
  readonly pages: readonly [string, string];
}

const kinds: readonly Kind[] = [
  {
    ...{ title: 'WordPress', application: 'wordpress', source: codeBases.wordpress, slogan: 'blogdescription' },
    settings: 'wp-config.php',
    pages: ['/wp-admin/options-general.php', '/wp-admin/profile.php'],
  },
  {
    ...{ title: 'Drupal 10', application: 'drupal', source: codeBases.drupal10, slogan: 'system.site:slogan' },
    settings: 'settings.php',
    pages: ['/admin/config/system/site-information', '/user/1/edit'],
  },
  {
    ...{ title: 'Drupal 7', application: 'drupal', source: codeBases.drupal7, slogan: 'site_slogan' },
    settings: 'settings.php',
    pages: ['/admin/config/system/site-information', '/user/1/edit'],
  },
];

/** Databases of all of them are on one server. */
const domain = ({ title }: Kind): string => `${title.replace(' ', '').toLowerCase()}.example.com`;

/** A hub with a worker on real servers, which sells sites of a template with one spare. */
async function selling(
  t: TestContext,
  kind: Kind,
): Promise<{ hub: HubWithWorker; app: TestHub['app']; token: string }> {
  const real = await realFarm(t, { application: kind.application, source: kind.source ?? '' });
  const { platformRoot } = real.data;
  const hub = await realHubWithPlatform(t, real);
  const { call, done } = hub;
  const template = { name: `template.${domain(kind)}`, platform: 'p1', title: 'Template' };
  await done((await call('site create', { body: template })).task);
  await assertSettingsCount(real, `${platformRoot}/sites/${template.name}/${kind.settings}`);
  const reserve = { name: 'shops', template: template.name, pattern: `spare-*.${domain(kind)}`, full: 1, emergency: 1 };
  await call('reserve create', { body: reserve });
  const variables = { slogan: { variable: kind.slogan, required: true } };
  const rules = { reserve: 'shops', pattern: `{name}.${domain(kind)}`, signUp: true, variables };
  await call('offer create', { body: { name: 'shops', title: 'Shops', ...rules } });
  await call('role create', { body: { name: 'seller', permissions: ['offer order'] } });
  await call('account create', { body: { name: 'shop', role: 'seller' } });
  const { token } = await call('token create', { body: { account: 'shop', offer: 'shops' } });
  await until(async () => {
    await runReserves(hub.hub);
    return (await call('reserve get', { params: { name: 'shops' } })).usable === 1;
  });
  // The next one is made only by who asks for it.
  await call('reserve set', { params: { name: 'shops' }, body: { emergency: 0, window: closed() } });
  return { hub, app: hubApp(hub.hub), token };
}

/** Written is in force: a site that has just got its name is asked for by it at once. */
async function assertSettingsCount(real: RealFarm, file: string): Promise<void> {
  const ask = () => real.page('/', file.split('/').at(-2));
  await chmod(file, 0o640);
  const old = await readFile(file, 'utf8');
  // PHP keeps no compiled file that is younger than two seconds.
  const past = new Date(Date.now() - 60_000);
  await utimes(file, past, past);
  await ask();
  await ask();
  await writeFile(file, `${old}\nhttp_response_code(418); exit('written');\n`);
  assert.deepEqual(await ask(), { status: 418, text: 'written' });
  await writeFile(file, old);
  assert.equal((await ask()).status, 200);
}

/** A window that opens in some hours: nothing is made or deleted by itself. */
function closed(): string {
  const hour = (new Date().getUTCHours() + 6) % 24;
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${two(hour)}:00-${two((hour + 1) % 24)}:00 UTC`;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 5 * 60_000; performance.now() < end; await wait(50)) if (await isSo()) return;
  assert.fail('it does not come to that within 5 min');
}

/** What a customer sees who follows the link. */
async function assertIn(
  link: string,
  { pages: [settings, own] }: Kind,
  wanted: { readonly title: string; readonly slogan: string; readonly account: string; readonly email: string },
): Promise<void> {
  const browser = new Browser({ address: new URL(link).origin });
  await browser.open(link);
  for (const [path, values] of [
    [settings, [wanted.title, wanted.slogan]],
    [own, [wanted.account, wanted.email]],
  ] as const) {
    const page = await browser.open(path);
    for (const value of values)
      assert.match(page.text, new RegExp(`value="${value}"`), `${path}: ${page.status} ${page.text.slice(0, 4000)}`);
  }
  const stranger = new Browser({ address: new URL(link).origin });
  assert.match((await stranger.open('/')).text, new RegExp(`<title>[^<]*${wanted.title}`));
}

for (const kind of kinds)
  test(`${kind.title} on real servers: from the order to the login link, and from the sign-up page`, {
    skip: kind.source === null && `no code of ${kind.title} here`,
  }, async (t) => {
    const { hub, app, token } = await selling(t, kind);
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': 'order-1',
    };
    const ask = async (method: string, path: string, body?: object): Promise<Answered> => {
      const response = await app.request(
        path,
        { method, headers, ...(body && { body: JSON.stringify(body) }) },
        { address: '127.0.0.1' },
      );
      const answer = await response.json();
      assert.ok(response.ok, JSON.stringify(answer));
      return answer;
    };
    const cakes = {
      name: 'cakes',
      title: 'All the cakes',
      email: 'ana@example.com',
      account: 'ana.b',
      values: { slogan: 'You can eat' },
    };
    const begun = performance.now();
    const { order } = await ask('POST', '/api/saas/sites', cakes);
    let link: string | null = null;
    await until(async () => {
      ({ loginLink: link } = (await ask('GET', `/api/saas/sites/${order.id}`)).order);
      return link !== null;
    });
    t.diagnostic(
      `${kind.title}: ${Math.round(performance.now() - begun)} ms from the order to the login link, with a spare`,
    );
    assert.match(link ?? '', /^http:\/\/cakes\.\w+\.example\.com:/);
    await assertIn(link ?? '', kind, { ...cakes, slogan: cakes.values.slogan });

    const mail = await mailServer(t);
    await useMailServer(
      {
        good: (_, path, body) =>
          hub.call('setting set', { params: { name: path.split('/').at(-1) ?? '' }, body: body as never }),
      },
      mail,
    );
    const visitor = new SignUpVisitor(app);
    const bread = {
      name: 'bread',
      title: 'Bread for all',
      email: 'bo@example.com',
      account: 'bo',
      'v.slogan': 'Every day',
    };
    assert.equal((await visitor.send('/sign-up/shops', bread)).status, 200);
    await deliverConfirmations(hub.hub);
    assert.equal((await visitor.send('/sign-up/-/confirm', { code: codeIn(linkIn(mail)) })).status, 303);
    let page = '';
    await until(async () => {
      await runReserves(hub.hub);
      page = (await visitor.open('/sign-up/-/progress')).text;
      return !page.includes('http-equiv="refresh"');
    });
    const [, href = ''] = /class="act" href="([^"]+)"/.exec(page) ?? [];
    await assertIn(href.replaceAll('&amp;', '&'), kind, { ...bread, slogan: bread['v.slogan'] });
  });
