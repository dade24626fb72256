import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { panelFarm, password, violations, widthOnPhone } from './kit/panel.ts';

const codeOf = (secret: string, later = 0): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + later * 30_000 });

/** Where somebody looks at it: AEGIR_TEST_SHOTS=/tmp/shots. */
const shots = process.env['AEGIR_TEST_SHOTS'];

test('how somebody comes in is their own to change', async (t) => {
  const farm = await panelFarm(t, null);
  const page = await farm.stranger(await farm.invite('ada', 'account-manager'));
  const found: string[] = [];

  await t.test('an authenticator app is set up by its QR code, and gives recovery codes', () =>
    setsUpApp(t, page, found),
  );
  const [secret, codes] = await shownSecret;
  await t.test('the password alone lets nobody in any more; the code of the app does', async () => {
    const other = await farm.stranger(`${farm.url}/sign-in?to=/account/sessions`);
    await first(other);
    await other.getByRole('heading', { name: 'One more thing' }).waitFor();
    await look(other, 'second-factor', found);
    await other.getByLabel('Code').fill('000000');
    await other.keyboard.press('Enter');
    await other.getByText('this was not right').waitFor();
    await other.getByLabel('Code').fill(codeOf(secret, 1));
    await other.keyboard.press('Enter');
    await other.getByText('this browser').waitFor();
    await look(other, 'sessions', found);
    await other.getByRole('button', { name: 'End all others' }).click();
    await other.getByText('1 session has ended.').waitFor();
    await other.context().close();
  });
  await t.test('a recovery code lets in once', async () => {
    await page.goto(`${farm.url}/account/signIn`);
    await first(page);
    await page.getByRole('button', { name: 'Use a recovery code instead' }).click();
    await page.getByLabel('Recovery code').fill(codes[0] ?? '');
    await page.keyboard.press('Enter');
    await page.getByText('9 recovery codes are left').waitFor();
  });
  await t.test('what changes it asks once more who one is, when that was long ago', () => confirms(farm, page, found));
  await t.test('a passkey is made, and lets in alone', async () => {
    const authenticator = await page.context().newCDPSession(page);
    await authenticator.send('WebAuthn.enable');
    await authenticator.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...({ protocol: 'ctap2', transport: 'internal', hasResidentKey: true } as const),
        ...{ hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
      },
    });
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByLabel('What you call it').fill('Laptop');
    await page.getByRole('dialog').getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByText('Passkey “Laptop”').waitFor();
    await look(page, 'sign-in-tab', found);
    await page.getByRole('button', { name: 'Sign out' }).first().click();
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByText('Passkey “Laptop”').waitFor();
  });
  await t.test('a changed password is in force at once', async () => {
    await page.getByRole('textbox', { name: 'Password until now' }).fill(password);
    await page.getByRole('textbox', { name: 'New password' }).fill('another horse battery');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('Changed. Your other sessions have ended.').waitFor();
    await page.getByRole('button', { name: 'New recovery codes' }).click();
    await page.getByText('I have kept them').waitFor();
  });
  await t.test('an administrator sees how somebody comes in, and makes a link for who has forgotten', async () => {
    const admin = await farm.open('/accounts/ada/signIn');
    await admin.getByText('A second factor is set up').waitFor();
    await look(admin, 'account-of-other', found);
    await admin.getByRole('button', { name: 'Link for another password' }).click();
    // It was long ago for everybody.
    await admin.getByRole('dialog', { name: 'Is it you?' }).getByLabel('Password', { exact: true }).fill(password);
    await admin.keyboard.press('Enter');
    const link = await admin.getByRole('textbox', { name: 'One-time link' }).inputValue();
    assert.match(link, /^http:\/\/localhost:\d+\/invitation#\S+$/);
    const forgetful = await farm.stranger(link);
    await forgetful.getByRole('heading', { name: 'A new password' }).waitFor();
    await look(forgetful, 'forgotten', found);
  });
  assert.deepEqual(found, []);
});

const { promise: shownSecret, resolve: showSecret } = Promise.withResolvers<readonly [string, readonly string[]]>();

async function setsUpApp(_: TestContext, page: Page, found: string[]): Promise<void> {
  await look(page, 'invitation', found);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'ada' }).click();
  await look(page, 'profile', found);
  await page.getByRole('link', { name: 'Signing in' }).click();
  await page.getByRole('button', { name: 'Set up' }).click();
  await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor();
  await look(page, 'totp', found);
  const secret = await page.getByRole('dialog').locator('code').textContent();
  await page.getByLabel('Code that the app shows').fill(codeOf(secret ?? ''));
  await page.keyboard.press('Enter');
  const codes = page.getByRole('dialog', { name: 'Recovery codes' }).locator('code');
  await codes.nth(9).waitFor();
  await look(page, 'codes', found);
  showSecret([secret ?? '', await codes.allTextContents()]);
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByText('10 recovery codes are left').waitFor();
}

async function first(page: Page): Promise<void> {
  await page.getByLabel('Name or e-mail').fill('ada');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.keyboard.press('Enter');
}

async function confirms({ hub }: Awaited<ReturnType<typeof panelFarm>>, page: Page, found: string[]): Promise<void> {
  await hub.database.db
    .updateTable('session')
    .set({ confirmedAt: new Date(Date.now() - 3_600_000) })
    .execute();
  await page.getByRole('button', { name: 'New recovery codes' }).click();
  const asked = page.getByRole('dialog', { name: 'Is it you?' });
  await look(page, 'confirm', found);
  await asked.getByLabel('Password', { exact: true }).fill('is not mine');
  await page.keyboard.press('Enter');
  await asked.getByText('is not yours').waitFor();
  await asked.getByLabel('Password', { exact: true }).fill(password);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByText('10 recovery codes are left').waitFor();
}

/** With axe, in both themes and on a phone. */
async function look(page: Page, name: string, found: string[]): Promise<void> {
  const size = page.viewportSize();
  await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    found.push(...(await violations(page)).map((one) => `${name}, ${colorScheme}: ${one}`));
    if (shots !== undefined) await page.screenshot({ path: `${shots}/${name}-${colorScheme}.png` });
  }
  const width = await widthOnPhone(page);
  if (width !== 390) found.push(`${name}: is ${width} wide on a phone`);
  if (shots !== undefined) await page.screenshot({ path: `${shots}/${name}-phone.png` });
  if (size) await page.setViewportSize(size);
}
