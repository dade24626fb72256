import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorsOf, panelFarm, password, violations } from './kit/panel.ts';

test('signing in to the panel', async (t) => {
  const farm = await panelFarm(t, { sites: 30, tasks: 30, eventsOfTask: 3 });
  const { url } = farm;

  await t.test('an invitation is accepted with a password, and is then used up', async () => {
    const link = await farm.invite('ada', 'account-manager');
    const page = await farm.stranger(link);
    await page.getByRole('heading', { name: 'Welcome to Aegir' }).waitFor();
    await page.getByText('Your account is ada').waitFor();
    await page.getByLabel('Password', { exact: true }).fill('short');
    await page.getByRole('button', { name: 'Save and sign in' }).click();
    await page
      .getByText(/12 characters/)
      .nth(1)
      .waitFor();
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Save and sign in' }).click();
    await page.getByRole('heading', { name: 'Home' }).waitFor();
    assert.equal(page.url(), `${url}/`);
    const late = await farm.stranger(link);
    await late.getByText('this link opens nothing (any more)').waitFor();
  });

  await t.test('who is not signed in is asked to, and is then where the address says', async () => {
    const page = await farm.stranger(`${url}/sites?q=shop`);
    await page.getByLabel('Name or e-mail').fill('ada');
    await page.getByLabel('Password', { exact: true }).fill('something else');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Sites' }).waitFor();
    assert.equal(page.url(), `${url}/sites?q=shop`);
    await page.reload();
    await page.getByRole('heading', { name: 'Sites' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.goto(`${url}/sites`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  await t.test('a session that was ended elsewhere asks again, and leads back', async () => {
    const page = await farm.open('/tasks');
    await page.context().clearCookies();
    await page.getByRole('link', { name: 'Servers' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.equal(new URL(page.url()).searchParams.get('to'), '/servers');
  });

  await t.test('nobody is led elsewhere by the way back', async () => {
    const page = await farm.open(`/sign-in?to=${encodeURIComponent('//example.com/')}`);
    await page.getByRole('heading', { name: 'Home' }).waitFor();
    assert.equal(page.url(), `${url}/`);
  });

  await t.test('too many guesses have to wait, and are told how long', async () => {
    const page = await farm.stranger(`${url}/sign-in`);
    for (let guess = 0; guess < 7; guess += 1) {
      await page.getByLabel('Name or e-mail').fill('nobody');
      await page.getByLabel('Password', { exact: true }).fill(`guess ${guess}`);
      const answered = page.waitForResponse((response) => response.url().endsWith('/api/session'));
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await answered;
    }
    await page.getByText(/Try again in \d+ s/).waitFor();
  });

  await t.test('axe finds nothing serious on it, in either theme', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await farm.stranger(`${url}/sign-in`, { colorScheme });
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      assert.deepEqual(await violations(page), []);
      const invited = await farm.stranger(await farm.invite(`guest-${colorScheme}`, 'viewer'), { colorScheme });
      await invited.getByRole('heading', { name: 'Welcome to Aegir' }).waitFor();
      assert.deepEqual(await violations(invited), []);
      assert.deepEqual(
        errorsOf(invited).filter((one) => !one.includes('401')),
        [],
      );
    }
  });
});
