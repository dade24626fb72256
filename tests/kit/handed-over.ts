import assert from 'node:assert/strict';
import type { Application, InstalledSite } from '../../src/applications/application.ts';
import { Browser, testMachine } from './applications.ts';

/** A site gets its owner: it says so itself, who had it before is out, and nobody comes in but by the new link. */
export async function handedOver(application: Application, installed: InstalledSite, inside: string): Promise<void> {
  const { machine } = testMachine();
  const before = new Browser(installed);
  await before.open(await application.loginLink(machine, installed));
  assert.ok(await isIn(before, inside), 'who had it before is in');
  const unused = await application.loginLink(machine, installed);
  // A page that was kept for strangers.
  await new Browser(installed).open('/');

  const site = { ...installed.site, title: 'Ana’s "shop" & more', email: 'ana@example.com' };
  const given = { ...installed, site };
  await application.handOver(machine, given);
  const link = await application.handOver(machine, given);
  const page = await new Browser(installed).open('/');
  assert.match(
    page.text,
    /<title>(?:[^<]* \| )?Ana(’|&#8217;)s (&#8220;shop&#8221;|&quot;shop&quot;|"shop") &(amp|#038);? ?(more|#)?/,
  );
  assert.equal((await application.status(machine, given)).title, site.title);
  assert.ok(!(await isIn(before, inside)), 'who had it before is out');
  const late = new Browser(installed);
  await late.open(unused);
  assert.ok(!(await isIn(late, inside)), 'a link of before does not lead in');
  const owner = new Browser(installed);
  await owner.open(link);
  assert.match((await owner.open(inside)).text, /ana@example\.com/);
  await application.handOver(machine, installed);
}

/** The form in which one changes one's own mail address: WordPress sends who is not logged in to the form to do so. */
async function isIn(browser: Browser, inside: string): Promise<boolean> {
  const page = await browser.open(inside);
  return page.status === 200 && /name="e?mail"/.test(page.text);
}
