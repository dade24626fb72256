import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { errorsOf, go, panelFarm, violations, widthOnPhone } from './kit/panel.ts';
import { panelPages } from './kit/panel-pages.ts';

const firstLoadMaxBytes = 250_000;

test('the panel, page by page', async (t) => {
  const farm = await panelFarm(t, { sites: 300, tasks: 1000, eventsOfTask: 10 });

  await t.test('every page of its map is looked at', async () => {
    const map = await readFile(new URL('../src/ui/routes.tsx', import.meta.url), 'utf8');
    const missing = [...map.matchAll(/page\('([^']+)'/g)]
      .map(([, path = '']) => path)
      .filter((path) => {
        const pattern = path.replace(/\/\{-\$\w+\}/, '(/\\w+)?').replace(/\$\w+/g, '[^/]+');
        return !panelPages.some((page) => new RegExp(`^${pattern}$`).test(page));
      });
    assert.deepEqual(missing, []);
  });

  await t.test(
    'every page opens without an error, fits on a phone, and axe finds nothing serious on it in either theme',
    async () => {
      const page = await farm.open('/');
      const found: string[] = [];
      for (const path of panelPages) {
        await page.setViewportSize({ width: 1280, height: 800 });
        await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
        await go(page, path);
        found.push(...(await violations(page)).map((one) => `${path}: ${one}`));
        await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
        found.push(...(await violations(page, ['color-contrast'])).map((one) => `${path} in the dark: ${one}`));
        const width = await widthOnPhone(page);
        if (width !== 390) found.push(`${path}: is ${width} wide on a phone`);
      }
      assert.deepEqual(found, []);
      // What a worker is to look at: there is none here, and the pages say so.
      const others = errorsOf(page).filter((one) => !/502.*\/(?:load|web-log\?log=access)\)$/.test(one));
      assert.deepEqual(others, []);
    },
  );

  await t.test('the first load is small', async () => {
    const page = await farm.open('/sites');
    const bytes = await page.evaluate<number>(`performance.getEntriesByType('resource')
      .filter(({ name }) => !name.includes('/api/')).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`);
    assert.ok(bytes > 50_000 && bytes < firstLoadMaxBytes, `${bytes} bytes`);
    t.diagnostic(`first load of the list of sites: ${Math.round(bytes / 1000)} kB`);
  });

  await t.test('it speaks French to who chooses that, also after a reload', async () => {
    const page = await farm.open('/sites');
    await page.getByLabel('Language').selectOption({ label: 'Français' });
    await page.getByRole('link', { name: 'Nouveau site' }).waitFor();
    await page.reload();
    await page.getByRole('link', { name: 'Nouveau site' }).waitFor();
    assert.equal(await page.evaluate('document.documentElement.lang'), 'fr');
  });
});
