import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mailServer } from './kit/mail-server.ts';
import { errorsOf, go, panelFarm, violations, widthOnPhone } from './kit/panel.ts';
import { webhookReceiver } from './kit/webhook-receiver.ts';

test('how people are told is set and tried in the panel', async (t) => {
  const mails = await mailServer(t);
  const receiver = await webhookReceiver(t);
  const farm = await panelFarm(t, null);
  await farm.local('setting set', { params: { name: 'webhook.networks' }, body: { value: ['127.0.0.1/32'] } });
  await farm.local('account set', { params: { name: 'admin' }, body: { email: 'admin@example.com' } });
  const page = await farm.open('/settings');

  await t.test('a mail server is set by fields, and what is wrong stands beside its field', async () => {
    const smtp = page.getByRole('group', { name: /^The mail server/ });
    await smtp.getByLabel('Mail server').fill('127.0.0.1');
    await smtp.getByLabel('Port').fill(String(mails.port));
    await smtp.getByLabel('Encryption').click();
    await page.getByRole('option', { name: 'none' }).click();
    await smtp.getByLabel('User').fill('aegir');
    await smtp.getByLabel('Sender (address)').fill('nonsense');
    const save = page.getByRole('button', { name: 'Save' });
    await save.click();
    await smtp.getByText(/is not|[Ii]nvalid/).waitFor();
    await smtp.getByLabel('Sender (address)').fill('aegir@example.com');
    await save.click();
    await save.waitFor({ state: 'detached' });
    await page.getByLabel(/^What the hub shows to that server/).fill('the password of the mail server');
    await save.click();
    await page.getByText('It is set, and never shown.').waitFor();
    assert.equal(await page.getByLabel(/^What the hub shows to that server/).inputValue(), '');
  });

  await t.test('a webhook is added, and its secret shown once', async () => {
    await go(page, '/account/notifications');
    await page.getByRole('button', { name: 'Add a webhook' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Address (URL)').fill(receiver.url);
    await dialog.getByLabel('Title').fill('Our chat');
    await dialog.getByRole('button', { name: 'Add a webhook' }).click();
    assert.match(await dialog.getByRole('textbox', { name: 'Secret of the webhook' }).inputValue(), /^whsec_/);
    assert.deepEqual(await violations(page), []);
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await page.getByText(receiver.url).waitFor();
  });

  await t.test('one to oneself goes by each way, and stands among what was sent', async () => {
    await page.getByRole('button', { name: 'Send me one now' }).click();
    const sent = page.getByRole('status').filter({ hasText: 'Our chat' });
    await sent.waitFor();
    assert.equal(await sent.getByText('sent', { exact: true }).count(), 2);
    assert.deepEqual([mails.mails.length, mails.mails[0]?.to, receiver.requests.length], [1, ['admin@example.com'], 1]);
    await page.getByRole('table').getByText('Our chat').waitFor();
    assert.deepEqual(await violations(page), []);
    assert.equal(await widthOnPhone(page), 390);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  await t.test('what one is told of is kept as soon as it is chosen', async () => {
    const choice = page.getByLabel('A task has failed: Mail');
    await choice.selectOption({ label: 'everything' });
    await page.getByText('Saved').first().waitFor();
    await page.reload();
    assert.equal(await choice.inputValue(), 'always');
  });

  await t.test('a webhook that is removed is told no more', async () => {
    const line = page.getByRole('listitem').filter({ hasText: receiver.url });
    await line.getByRole('button', { name: 'Disable' }).click();
    await line.getByRole('button', { name: 'Enable' }).waitFor();
    await line.getByRole('button', { name: 'Remove' }).click();
    await line.waitFor({ state: 'detached' });
    assert.equal((await farm.local('webhook list', { query: { account: 'admin' } })).total, 0);
    const refusedOnPurpose = /status of 422/;
    assert.deepEqual(
      errorsOf(page).filter((one) => !refusedOnPurpose.test(one)),
      [],
    );
  });
});
