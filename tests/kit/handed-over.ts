import assert from 'node:assert/strict';
import type { Application, InstalledSite } from '../../src/applications/application.ts';
import { Browser, testMachine } from './applications.ts';

/** A site gets its owner: it says so itself, who had it before is out, and nobody comes in but by the new link. */
export async function handedOver(
  application: Application,
  installed: InstalledSite,
  inside: string,
  variable: string,
): Promise<void> {
  const { machine } = testMachine();
  const before = new Browser(installed);
  await before.open(await application.loginLink(machine, installed));
  assert.ok(await isIn(before, inside), 'who had it before is in');
  const unused = await application.loginLink(machine, installed);
  // A page that was kept for strangers.
  await new Browser(installed).open('/');

  const site = { ...installed.site, title: 'Ana’s "shop" & more', email: 'ana@example.com' };
  const given = { ...installed, site };
  const owner = { account: 'ana.b', variables: { [variable]: 'Cakes & <b>more</b>' } };
  await application.handOver(machine, given, owner);
  const link = await application.handOver(machine, given, owner);
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
  const entered = new Browser(installed);
  await entered.open(link);
  const own = await entered.open(inside);
  assert.match(own.text, /ana@example\.com/);
  assert.match(own.text, /value="ana\.b"/);
  await refusals(application, given);
  await application.handOver(machine, installed, { account: 'admin', variables: { [variable]: '' } });
}

/** Nothing of it is done then. */
async function refusals(application: Application, installed: InstalledSite): Promise<void> {
  const { machine } = testMachine();
  const before = (await application.status(machine, installed)).title;
  const given = { ...installed, site: { ...installed.site, title: 'Never' } };
  for (const [name, wanted] of application.name === 'wordpress' ? optionsRefused : variablesRefused(installed))
    await assert.rejects(application.handOver(machine, given, { variables: { [name]: 'x' } }), wanted, name);
  assert.equal((await application.status(machine, installed)).title, before);
}

const optionsRefused = [
  ['siteurl', /is not for others to set/],
  ['active_plugins', /is not for others to set/],
  ['wp_user_roles', /is not for others to set/],
  ['sticky_posts', /is no single value/],
] as const;

const variablesRefused = ({ platform, site }: InstalledSite) =>
  platform.version?.startsWith('7')
    ? ([
        ['file_public_path', /is not for others to set/],
        // Only that profile has a page that is published.
        ...(site.profile === 'standard' ? ([['node_options_page', /is no single value/]] as const) : []),
        ['system.site:slogan', /is of Drupal 8 or later/],
      ] as const)
    : ([
        ['core.extension:profile', /is not for others to set/],
        ['system.site:uuid', /is not for others to set/],
        ['system.site:page', /has no single value/],
        ['system.site:misspelt', /has no single value/],
        ['site_slogan', /is no value of a configuration/],
      ] as const);

/** The form in which one changes one's own mail address: WordPress sends who is not logged in to the form to do so. */
async function isIn(browser: Browser, inside: string): Promise<boolean> {
  const page = await browser.open(inside);
  return page.status === 200 && /name="e?mail"/.test(page.text);
}
