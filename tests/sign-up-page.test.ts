import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { deliverConfirmations } from '../src/hub/sign-up/mails.ts';
import { mailServer, useMailServer } from './kit/mail-server.ts';
import { errorsOf, panelFarm, violations } from './kit/panel.ts';

// The sign-up page as browsers show it, also without JavaScript and in frames of others.

/** Where pictures go for somebody to look at; none unless it is said. */
const pictures = process.env['AEGIR_SIGN_UP_PICTURES'];
const picture = async (page: Page, name: string): Promise<void> => {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
};

/** A web site of whatever name that shows the page in a frame. */
async function framing(t: TestContext, address: string): Promise<number> {
  const server = createServer((_, answer) => {
    answer.setHeader('content-type', 'text/html');
    answer.end(
      `<!doctype html><title>Shop</title><h1>Our shop</h1><iframe src="${address}" width="600" height="900"></iframe>`,
    );
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => void server.close());
  return (server.address() as AddressInfo).port; // it listens on TCP
}

test('the sign-up page in a browser', async (t) => {
  const farm = await panelFarm(t, { sites: 60, tasks: 10, eventsOfTask: 1 });
  const mail = await mailServer(t);
  const set = (name: string, value: unknown) => farm.local('setting set', { params: { name }, body: { value } });
  await useMailServer(
    { good: (_, path, body) => set(path.split('/').at(-1) ?? '', (body as { value: unknown }).value) },
    mail,
  );
  const address = `${farm.url}/sign-up/shops`;
  const port = await framing(t, address);
  await farm.local('offer set', { params: { name: 'shops' }, body: { origins: [`http://shop.localhost:${port}`] } });

  for (const [look, more] of Object.entries({
    light: { viewport: { width: 900, height: 900 }, colorScheme: 'light' },
    dark: { viewport: { width: 900, height: 900 }, colorScheme: 'dark' },
    phone: { viewport: { width: 390, height: 844 }, colorScheme: 'light' },
  } as const))
    await t.test(`anybody can read and fill it in (${look})`, async () => {
      const page = await farm.stranger(address, more);
      await page.getByRole('heading', { name: 'Shops for everybody' }).waitFor();
      await picture(page, `form-${look}`);
      assert.deepEqual(await violations(page), []);
      const wide = await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
      assert.equal(wide, false, 'nothing stands out');
      await page.getByLabel('Address of your site').fill('Not A Name!');
      await page.getByLabel('Title of your site').fill('Cakes');
      await page.getByLabel('Your e-mail address').fill('ana@example.com');
      await page.getByRole('button', { name: 'Get my site' }).click();
      await page.getByRole('alert').waitFor();
      await picture(page, `wrong-${look}`);
      assert.deepEqual(await violations(page), []);
      assert.equal(await page.getByLabel('Title of your site').inputValue(), 'Cakes');
      assert.deepEqual(
        errorsOf(page).filter((one) => !/422/.test(one)),
        [],
      );
    });

  await t.test('without JavaScript, from the form by the mail to the page that waits', async () => {
    const page = await farm.stranger(address, { javaScriptEnabled: false, locale: 'fr-FR' });
    await page.getByLabel('Adresse de votre site').fill('gateaux');
    await page.getByLabel('Titre de votre site').fill('Gâteaux');
    await page.getByLabel('Votre adresse e-mail').fill('ana@example.com');
    await page.getByRole('button', { name: 'Obtenir mon site' }).click();
    await page.getByRole('heading', { name: 'Consultez votre boîte aux lettres' }).waitFor();
    await picture(page, 'sent');
    await deliverConfirmations(farm.hub);
    const [, link = ''] =
      /(http:\/\/localhost:\d+\/sign-up\/-\/confirm\?code=\S+)/.exec(mail.mails[0]?.text ?? '') ?? [];
    assert.match(mail.mails[0]?.text ?? '', /Quelqu’un, vous sans doute/);
    await page.goto(link);
    await picture(page, 'confirm');
    await page.getByRole('button', { name: 'Faire mon site' }).click();
    await page.getByRole('heading', { name: 'Votre site est en préparation' }).waitFor();
    await picture(page, 'working');
  });

  await t.test('a web site that the offer names may show it in a frame, and no other', async () => {
    const named = await farm.stranger(`http://shop.localhost:${port}/`);
    const frame = named.frameLocator('iframe');
    await frame.getByRole('heading', { name: 'Shops for everybody' }).waitFor();
    await picture(named, 'framed');
    await frame.getByLabel('Address of your site').fill('framed');
    await frame.getByLabel('Title of your site').fill('Framed');
    await frame.getByLabel('Your e-mail address').fill('bo@example.com');
    await frame.getByRole('button', { name: 'Get my site' }).click();
    await frame.getByRole('heading', { name: 'Look into your mailbox' }).waitFor();
    const other = await farm.stranger(`http://other.localhost:${port}/`);
    await other.getByRole('heading', { name: 'Our shop' }).waitFor();
    await other.waitForLoadState('networkidle');
    assert.equal(await other.frameLocator('iframe').getByRole('heading').count(), 0);
    assert.match(errorsOf(other).join(), /frame-ancestors/);
  });
});
