import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { Page } from 'playwright-core';
import { appendEvents } from '../src/hub/log.ts';
import { claimTask, endTask } from '../src/hub/queue.ts';
import type { TaskEvent } from '../src/model/event.ts';
import { errorsOf, go, type PanelFarm, panelFarm, settled, violations } from './kit/panel.ts';
import { hostileTitle } from './kit/seeded-farm.ts';

const rows = (page: Page) => page.getByRole('table').getByRole('row');
const words = (page: Page): URLSearchParams => new URL(page.url()).searchParams;

test('lists, forms and logs of a farm of 10,000 sites', async (t) => {
  const farm = await panelFarm(t, { sites: 10_000, tasks: 2000, eventsOfTask: 10 });

  await t.test('what is searched, filtered and sorted stands in the address, and a reload shows the same', async () => {
    const page = await farm.open('/sites');
    await page.getByText('100 of 10,000 entries').waitFor();
    await page.getByRole('searchbox', { name: 'Search' }).fill('department 77');
    await page.getByText(/^111 entries|^100 of 111 entries/).waitFor();
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.getByRole('combobox', { name: 'Status' }).click();
    await page.getByRole('option', { name: 'disabled' }).click();
    await page.getByRole('button', { name: 'Status: disabled take this filter away' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Created' }).click();
    await page.waitForURL(/sort=created/);
    assert.deepEqual(Object.fromEntries(words(page)), { q: 'department 77', status: 'disabled', sort: 'created' });
    await settled(page);
    const shown = await rows(page).allInnerTexts();
    assert.ok(shown.length > 2 && shown.slice(1).every((row) => row.includes('disabled')), shown.join('\n'));
    await page.reload();
    await settled(page);
    assert.deepEqual(await rows(page).allInnerTexts(), shown);
    assert.deepEqual(errorsOf(page), []);
  });

  await t.test('a long list is fetched page by page as one scrolls, and few rows are there at a time', async () => {
    const page = await farm.open('/sites');
    for (const seen of [100, 200, 300]) {
      await page.getByText(`${seen} of 10,000 entries`).waitFor();
      await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
    }
    await page.getByText('400 of 10,000 entries').waitFor();
    assert.ok((await rows(page).count()) < 80);
  });

  await t.test('all that match, seen or not, become a batch', async () => {
    const page = await farm.open('/sites?q=department%2077');
    await page.getByLabel('Select all that match').check();
    await page.getByText('All 111 sites that match').waitFor();
    await page.locator('.bulk').getByRole('button', { name: 'Actions' }).click();
    await page.getByRole('menuitem', { name: 'Verify' }).click();
    await page.getByRole('button', { name: 'Begin with 111 sites' }).click();
    await page.waitForURL(/\/batches\/\d+$/);
    await page.getByText('0 of 111').waitFor();
    const { rows: made } = await sql<{ members: number }>`
      select count(*)::int as members from batch_member where batch_id = (select max(id) from batch)`.execute(
      farm.hub.database.db,
    );
    assert.equal(made[0]?.members, 111);
  });

  await t.test('markup in a name is shown as text', async () => {
    const page = await farm.open('/sites?sort=created&q=onerror');
    await page.getByText(hostileTitle).waitFor();
    await page.getByRole('table').getByRole('link').first().click();
    await page.locator('.page-title').getByText(hostileTitle).waitFor();
    assert.doesNotMatch(await page.title(), /taken over/);
    assert.equal(await page.locator('img[src="x"]').count(), 0);
  });

  await t.test('what is wrong stands beside its field: what the schema says, and what only the hub knows', async () => {
    const page = await farm.open('/sites/new');
    await page.getByLabel('Name').fill('no dot');
    await page.getByRole('button', { name: 'Install site' }).click();
    await page.getByText(/is not a host name/).waitFor();
    await page.getByLabel('Name').fill('news7.example.com');
    await page.getByRole('combobox', { name: 'Platform' }).fill('d10-01');
    await page.getByRole('option', { name: 'd10-01' }).click();
    await page.getByRole('button', { name: 'Install site' }).click();
    await page
      .locator('[class*="InputWrapper-error"]')
      .getByText('news7.example.com belongs to the site news7.example.com')
      .waitFor();
  });

  await t.test('what cannot be brought back asks for the name', async () => {
    const page = await farm.open('/sites/shop8.example.com/danger');
    await page.getByRole('button', { name: 'Delete site' }).click();
    const act = page.getByRole('dialog').getByRole('button', { name: 'Delete site' });
    assert.equal(await act.isDisabled(), true);
    await page.getByLabel('To go on, type shop8.example.com').fill('shop8.example.com');
    await act.click();
    await page.waitForURL(/\/tasks\/\d+$/);
    await page.getByText('No worker runs. On the machine of the hub').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.locator('.page-title').getByText('cancelled').waitFor();
  });

  await t.test('a button that is not possible now says why', async () => {
    const page = await farm.open('/sites?status=disabled');
    await page.getByRole('table').getByRole('link').first().click();
    await page.getByRole('button', { name: 'Log in' }).hover();
    await page
      .getByRole('tooltip')
      .getByText(/Not possible while it is disabled/)
      .waitFor();
  });

  await t.test('the palette finds what is typed, and asks for what a verb says, with the keyboard alone', async () => {
    const page = await farm.open('/');
    await page.keyboard.press('/');
    const field = page.getByRole('combobox', { name: 'Search, or do something' });
    await field.fill('shop8.example');
    await page.getByRole('option', { name: /^shop8\.example\.com/ }).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/sites\/shop8\.example\.com$/);
    await page.keyboard.press('Control+k');
    await page.getByRole('option', { name: /^shop8\.example\.com/ }).waitFor(); // The last ones are remembered.
    await field.fill('verify archive10.example');
    await page.getByRole('option', { name: /Verify: archive10\.example\.com/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/tasks\/\d+$/);
    const id = page.url().split('/').at(-1) ?? '';
    await page.keyboard.press('Control+k');
    await field.fill(`task ${id}`);
    await page.getByRole('option', { name: `Task ${id}` }).waitFor();
    await page.keyboard.press('Escape');
    await field.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.locator('.page-title').getByText('cancelled').waitFor();
    assert.deepEqual(errorsOf(page), []);
  });

  await t.test('a view is kept, and shows the same list again', async () => {
    const page = await farm.open('/sites?status=disabled&sort=-created');
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByLabel('Name of the view').fill('Closed ones');
    await page.getByRole('button', { name: 'Keep' }).click();
    await page.getByRole('button', { name: 'Closed ones', exact: true }).waitFor();
    const other = await farm.open('/sites');
    await other.getByRole('button', { name: 'Views' }).click();
    await other.getByRole('button', { name: 'Closed ones', exact: true }).click();
    await other.waitForURL(/sort=-created/);
    assert.equal(words(other).get('status'), 'disabled');
    assert.match(words(other).get('columns') ?? '', /name/);
  });

  await t.test('a role is made of boxes, and given for a client', async () => {
    const page = await farm.open('/roles/new');
    await page.getByRole('textbox', { name: 'Name' }).fill('editor');
    await page.getByRole('checkbox', { name: /^site read/ }).check();
    await page.getByRole('checkbox', { name: /^site task/ }).check();
    assert.equal(await page.getByRole('checkbox', { name: /^site backup/ }).isDisabled(), true); // It is one of all tasks.
    await page.getByRole('button', { name: 'New role' }).click();
    await page.waitForURL(/\/roles\/editor$/);
    await go(page, '/clients/client9/access');
    await page.getByRole('button', { name: 'Give a role' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'Account' }).fill('person30');
    await page.getByRole('option', { name: 'person30' }).click();
    await dialog.getByRole('combobox', { name: 'Role' }).fill('editor');
    await page.getByRole('option', { name: 'editor' }).click();
    await dialog.getByRole('button', { name: 'Give a role' }).click();
    await page.getByRole('button', { name: 'Remove editor from person30' }).click();
    await page.getByRole('button', { name: 'Remove editor from person30' }).waitFor({ state: 'detached' });
    assert.deepEqual(errorsOf(page), []);
  });

  await t.test('a log goes on live, also after a reload, and shows each line once', () => liveLog(farm));
});

async function liveLog(farm: PanelFarm): Promise<void> {
  const { db } = farm.hub.database;
  const page = await farm.open('/sites/blog11.example.com');
  await page.getByRole('button', { name: 'Back up' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Back up' }).click();
  await page.waitForURL(/\/tasks\/\d+$/);
  const id = page.url().split('/').at(-1) ?? '';
  await page.getByText('No worker runs').first().waitFor();
  const claim = await claimTask(db, 'w1');
  assert.equal(claim?.taskId, id);
  let seq = 0;
  const say = async (...events: readonly TaskEvent[]): Promise<void> => {
    await appendEvents(db, claim, seq + 1, events);
    seq += events.length;
  };
  const line = (text: string): TaskEvent => ({ type: 'command.output', stream: 'stdout', text });
  await say(
    { type: 'task.started', worker: 'w1', attempt: 1, steps: ['make backup', 'tell'] },
    { type: 'step.started', step: 'make backup' },
  );
  await say(line('one \u001b[31mred\u001b[0m <b>word</b>'), line('two'));
  const log = page.getByRole('log');
  await log.getByText('one red <b>word</b>').waitFor();
  await page.locator('.ansi-red').waitFor();
  await page.reload();
  await log.getByText('two', { exact: true }).waitFor();
  await say(line('three'), { type: 'step.done', step: 'make backup', result: {} });
  await log.getByText('three', { exact: true }).waitFor({ state: 'detached' }); // A step that is through is folded.
  await log.getByRole('button', { name: 'make backup' }).click();
  for (const text of ['one red <b>word</b>', 'two', 'three'])
    assert.equal(await log.getByText(text, { exact: true }).count(), 1, text);
  await page.locator('.steps [data-step="waiting"]').getByText('tell').waitFor();
  await db.transaction().execute(async (tx) => {
    await appendEvents(tx, claim, seq + 1, [{ type: 'task.done', result: {} }]);
    await endTask(tx, claim, 'done', { result: {}, problem: null });
  });
  await page.locator('.page-title').getByText('done').waitFor();
  assert.deepEqual(errorsOf(page), []);
}
