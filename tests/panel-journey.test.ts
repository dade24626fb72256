import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { errorsOf, openPanel, password } from './kit/panel.ts';
import { type RealFarm, realFarm } from './kit/real-farm.ts';
import { realHub } from './kit/real-hub.ts';

/** Browsers know that all below localhost is this machine. */
const [site, clone] = ['one.localhost', 'two.localhost'];
/** Of what is done on servers. */
const patienceMs = 60_000;

test('from the first administrator to a site that comes and goes, by clicks on real servers', async (t) => {
  const shot = process.env['AEGIR_TEST_SHOTS'];
  const { farm, hub, panel } = await emptyHub(t);
  const page = await panel.stranger(await panel.invite('admin', 'administrator'));
  page.setDefaultTimeout(patienceMs);
  const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
  const link = (name: string): Locator => page.getByRole('link', { name, exact: true });
  let isLost = false;
  const step = (what: string, body: () => Promise<void>): Promise<void> =>
    t.test(what, { skip: isLost && 'the step before it has failed' }, async () => {
      isLost = true;
      try {
        await body();
        isLost = false;
      } finally {
        if (shot !== undefined) await page.screenshot({ path: `${shot}/${what.slice(0, 40)}.png`, fullPage: true });
      }
    });

  await step('the first administrator chooses a password', async () => {
    await page.getByLabel('Password').first().fill(password);
    await page.getByRole('button', { name: 'Save and sign in' }).click();
    await link('Begin').click();
  });
  await step('a server is added', async () => {
    await page.getByLabel('Name').fill('master'); // whose configuration the web server here includes
    await button('More options').first().click();
    await page.getByLabel('Directory').fill(farm.data.root);
    await tell(page, 'Web server', { Port: farm.web.port, 'Port for https': farm.web.tlsPort, Addresses: '127.0.0.1' });
    await tell(page, 'Databases', { User: farm.server.options.user, Socket: farm.server.options.socket });
    await button('New server').click();
    await page.getByRole('heading', { name: 'What is to be hosted?' }).waitFor();
  });
  await step('its page says how much it has to do now', async () => {
    const other = await page.context().newPage();
    await other.goto(`${panel.url}/servers/master`);
    await other.getByText(/on \d+ cores?/).waitFor();
    await other.close();
  });
  await step('a platform is made of the WordPress of Debian', async () => {
    await button('Add a platform').click();
    await page.getByRole('heading', { name: 'The site' }).waitFor();
  });
  await step('a site is made, and its login link leads into it', async () => {
    await page.getByLabel('Name').fill(site);
    await button('Make a site').click();
    await page.getByRole('heading', { name: `${site} is open` }).waitFor();
    await isInside(page, () => link('Log in').click());
  });
  await step('the button of its page leads into it too', async () => {
    await page.goto(`${panel.url}/sites/${site}`);
    await isInside(page, () => button('Log in').click());
  });
  await step('it is cloned', async () => {
    await page.goto(`${panel.url}/sites/${site}/clone`);
    await page.getByLabel('Name').fill(clone);
    await button('Clone').click();
    await isDone(page);
    assert.equal((await farm.page('/', clone)).status, 200);
  });
  await step('it is backed up', async () => {
    await page.goto(`${panel.url}/sites/${site}`);
    await button('Back up').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Back up' }).click();
    await isDone(page);
    await page.goto(`${panel.url}/sites/${site}/backups`);
    await page.getByRole('cell', { name: 'request' }).waitFor();
  });
  await step('it is deleted, and its clone stays', async () => {
    await page.goto(`${panel.url}/sites/${site}/danger`);
    await button('Delete site').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(`To go on, type ${site}`).fill(site);
    await dialog.getByRole('button', { name: 'Delete site' }).click();
    await isDone(page);
    assert.equal((await farm.page('/', site)).status, 404);
    assert.equal((await farm.page('/', clone)).status, 200);
    const { items } = await hub.call('site list', {});
    assert.deepEqual(
      items.map(({ name }) => name),
      [clone],
    );
  });
  // Who comes with a link has no session yet.
  assert.deepEqual(
    errorsOf(page).filter((one) => !/invitation#.*401/.test(one)),
    [],
  );
});

/** A hub that knows nothing yet, with a worker for real servers, and its panel. */
async function emptyHub(t: TestContext) {
  // What is registered first runs first: the panel is gone before its hub, and that before the servers.
  let close = async (): Promise<void> => undefined;
  t.after(() => close());
  const farm: RealFarm = await realFarm(t);
  const hub = await realHub(t, farm);
  const panel = await openPanel(hub.hub);
  close = () => panel.close();
  return { farm, hub, panel };
}

/** Into the form of a service, under its more options. */
async function tell(page: Page, service: string, options: Readonly<Record<string, string | number>>): Promise<void> {
  const group = page.getByRole('group', { name: service });
  await group.getByRole('button', { name: 'More options' }).click();
  for (const [label, value] of Object.entries(options)) {
    await group.getByLabel(label, { exact: true }).fill(String(value));
    await page.keyboard.press('Tab');
  }
}

/** What is clicked opens the site in a window of its own, as its administrator. */
async function isInside(page: Page, click: () => Promise<void>): Promise<void> {
  const opening = page.context().waitForEvent('page');
  await click();
  const opened = await opening;
  await opened.waitForURL(/\/wp-admin\//);
  assert.match(await opened.title(), /^Dashboard/);
  await opened.close();
}

/** The page of the task that one was led to says that it is done. */
async function isDone(page: Page): Promise<void> {
  await page.waitForURL(/\/tasks\/\d+$/);
  const status = page
    .locator('h1 ~ *')
    .getByText(/^(?:done|failed|stuck)$/)
    .first();
  await status.waitFor();
  assert.equal(await status.textContent(), 'done', (await page.locator('main').textContent()) ?? '');
}
