import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { go, panelFarm, settled } from './panel.ts';
import { panelPages } from './panel-pages.ts';

/** `npm run screenshots [directory] [page …]`: every page or these, light, dark and on a phone, for somebody to look at. */
const [directory = '/tmp/aegir-screenshots', ...wanted] = process.argv.slice(2);
const pages = wanted.length > 0 ? wanted : panelPages;
const looks = {
  light: { colorScheme: 'light', viewport: { width: 1360, height: 850 } },
  dark: { colorScheme: 'dark', viewport: { width: 1360, height: 850 } },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
} as const;

test('screenshots', async (t) => {
  const farm = await panelFarm(t, { sites: 2000, tasks: 10_000, eventsOfTask: 10 });
  for (const [look, more] of Object.entries(looks)) {
    await mkdir(join(directory, look), { recursive: true });
    const page = await farm.open('/', { ...more, reducedMotion: 'reduce' });
    for (const path of pages) {
      await go(page, path);
      await page.waitForTimeout(300); // Plots are drawn when the page is through.
      await settled(page);
      await page.screenshot({ path: join(directory, look, `${path.slice(1).replaceAll('/', '_') || 'home'}.png`) });
    }
  }
  t.diagnostic(`in ${directory}`);
});
