import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { errorsOf, go, panelFarm, violations, widthOnPhone } from './kit/panel.ts';
import { panelPages } from './kit/panel-pages.ts';

const menuOf = (page: Page): Promise<string[]> =>
  page.getByRole('navigation', { name: 'Main' }).getByRole('link').allInnerTexts();

test('the panel shows each what they may', async (t) => {
  const farm = await panelFarm(t, { sites: 300, tasks: 300, eventsOfTask: 2 });
  const { items } = await farm.local('site list', { query: { limit: 200 } });
  const siteOf = (client: string): string => items.find((one) => one.client === client)?.name ?? '';
  const viewer = await farm.as(await farm.invite('vera', 'viewer'));
  const mixed = await farm.as(await farm.invite('mia', 'client', 'client1'));
  await farm.local('membership create', { body: { account: 'mia', role: 'viewer', client: 'client2' } });

  await t.test('a place where one would see nothing is not in the menu, nor in the palette', async () => {
    const page = await viewer('/');
    const menu = await menuOf(page);
    assert.ok(menu.includes('Sites') && menu.includes('Queues'), menu.join());
    for (const name of ['Audit', 'Roles', 'Settings', 'Accounts']) assert.ok(!menu.includes(name), name);
    await page.keyboard.press('Control+k');
    const palette = page.getByRole('dialog').getByRole('combobox');
    await palette.fill('queues');
    await page.getByRole('option', { name: 'Queues' }).waitFor();
    await palette.fill('new server');
    await page.getByText('Nothing is called that.').waitFor();
  });

  await t.test('a button that one may not press stays, and says which role does not allow it', async () => {
    const page = await viewer('/sites');
    const create = page.getByRole('button', { name: 'New site' });
    assert.equal(await create.getAttribute('aria-disabled'), 'true');
    await create.hover();
    await page.getByRole('tooltip', { name: 'Your role viewer may not do this.' }).waitFor();
    await go(page, `/sites/${siteOf('client1')}`);
    await page.getByRole('button', { name: 'Back up' }).hover();
    await page.getByRole('tooltip', { name: 'Your role viewer may not do this.' }).waitFor();
  });

  await t.test('with roles for several clients, it is the role for the very client that counts', async () => {
    const page = await mixed(`/sites/${siteOf('client2')}/domains`);
    const addresses = page.getByRole('button', { name: 'Add a name' });
    await page.getByText('Your role viewer may not do this.').first().waitFor();
    assert.ok(await addresses.isDisabled());
    await go(page, `/sites/${siteOf('client1')}/domains`);
    await addresses.waitFor();
    assert.ok(await addresses.isEnabled());
    assert.equal(await page.getByText('may not do this').count(), 0);
  });

  await t.test('no page asks the hub for what its person may not', async () => {
    for (const [open, pages] of [
      [viewer, panelPages.filter((path) => !/^.(audit|settings|roles|accounts|nothing)|activity/.test(path))],
      [mixed, ['/', '/sites', `/sites/${siteOf('client1')}`, '/platforms', '/clients/client1', '/account', '/backups']],
    ] as const) {
      const page = await open('/');
      for (const path of pages) await go(page, path);
      // What a worker is to look at is not there: there is none here.
      assert.deepEqual(
        errorsOf(page).filter((one) => !/status of 502/.test(one)),
        [],
      );
    }
  });

  await t.test('who helps is somebody else until they end it, and sees that on every page', async () => {
    const page = await farm.open('/accounts/mia/signIn');
    await page.getByRole('button', { name: 'Sign in as this account' }).click();
    const banner = page.getByRole('complementary', { name: 'Signed in as somebody else' });
    await banner.getByText('You are admin, signed in as mia').waitFor();
    assert.ok(!(await menuOf(page)).includes('Settings'));
    await go(page, '/sites');
    await banner.waitFor();
    assert.equal((await page.getByText('client2', { exact: true }).count()) > 0, true);
    assert.equal(await page.getByText('client3', { exact: true }).count(), 0);
    assert.deepEqual(await violations(page), []);
    assert.equal(await widthOnPhone(page), 390);
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.reload();
    await banner.getByRole('button', { name: 'Be admin again' }).click();
    await page.getByRole('heading', { name: 'mia' }).waitFor();
    await banner.waitFor({ state: 'detached' });
    assert.ok((await menuOf(page)).includes('Settings'));
    await go(page, '/accounts/mia/activity');
    await page.getByText('really admin').first().waitFor();
  });

  await t.test('whose account it was is told', async () => {
    const page = await mixed('/account');
    await page.getByRole('heading', { name: 'Who was signed in as you' }).waitFor();
    await go(page, '/audit');
    await page.getByText('really admin').first().waitFor();
  });
});
