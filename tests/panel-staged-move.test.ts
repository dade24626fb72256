import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorsOf, openPanel, violations, widthOnPhone } from './kit/panel.ts';
import { after, day, settle, site, start, well, where, withSite } from './kit/staged-moves.ts';

test('a move in stages is begun, seen, given up and begun again in the panel', async (t) => {
  // What is registered first runs first: the browser and the hub are gone before their database is.
  let close = async (): Promise<void> => undefined;
  t.after(() => close());
  const made = await withSite(t);
  const panel = await openPanel(made.hub);
  close = () => panel.close();
  const open = await panel.as(await panel.invite('admin', 'administrator'));
  const page = await open(`/sites/${site}`);
  assert.equal(await page.getByText('Move in stages').count(), 0);

  await t.test('from where a site is migrated', async () => {
    await page.getByRole('button', { name: 'Actions' }).click();
    await page.getByRole('menuitem', { name: 'Migrate' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('switch', { name: 'In stages, to another web server' }).click();
    await dialog.getByRole('combobox', { name: 'Platform' }).or(dialog.getByLabel('Platform')).first().click();
    await page.getByRole('option', { name: 'elsewhere' }).click();
    assert.deepEqual(await violations(page), []);
    await dialog.getByRole('button', { name: 'Begin the move' }).click();
    await page.getByRole('heading', { name: 'Move in stages' }).waitFor();
    assert.equal(await where(made), 'lower');
  });

  await t.test('its stages are seen, and when it goes on', async () => {
    await settle(made, start);
    await page.reload();
    const stages = page.getByRole('list').filter({ hasText: 'The world forgets' }).getByRole('listitem');
    await stages.nth(1).getByText('running').waitFor({ state: 'attached' });
    const states = await Promise.all((await stages.all()).map((one) => one.getAttribute('data-step')));
    assert.deepEqual(states, ['done', 'running', 'waiting', 'waiting', 'waiting']);
    await page.getByText(/in 24 hours|in 1 day|tomorrow/).waitFor();
    assert.deepEqual(await violations(page), []);
    assert.equal(await widthOnPhone(page), 390);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  await t.test('it is given up by a click; one whose watch has failed says what to do', async () => {
    await page.getByRole('button', { name: 'Give it up' }).click();
    await page.getByText('cancelled').first().waitFor();
    await settle(made, start);
    assert.equal(await where(made), 'cancelled');
    await page.reload();
    await page.getByRole('button', { name: 'Go on now' }).click();
    await page.getByText('running', { exact: true }).first().waitFor();
    await settle(made, start);
    for (const minutes of [0, 1, 3, 9])
      await settle(made, after(day + minutes), (_, { strict }) => (strict ? 'failed' : well));
    await page.reload();
    await page.getByText(new RegExp(`aegir site migrate ${site} d10`)).waitFor();
    assert.deepEqual(errorsOf(page), []);
  });
});
