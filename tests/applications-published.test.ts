import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import type { Application, InstalledSite } from '../src/applications/application.ts';
import { drupal } from '../src/applications/drupal/drupal.ts';
import { probe, probeLogin } from '../src/applications/probe.ts';
import { wordpress } from '../src/applications/wordpress/wordpress.ts';
import { Problem } from '../src/model/problem.ts';
import type { Http } from '../src/services/http/http.ts';
import { Browser, codeBases, copyPlatform, mysqlDatabase, putSite, testMachine, testSite } from './kit/applications.ts';
import { onReal, type Server } from './kit/http-benches.ts';
import { until } from './kit/machines.ts';

const servers: readonly Server[] = ['nginx', 'apache'];

/** What our engines publish is what our applications expect: parameters, scripts, front controller and refusals. */
for (const server of servers)
  for (const [what, application, source, inside] of [
    ['WordPress', wordpress, codeBases.wordpress, '/wp-admin/'],
    ['Drupal 7', drupal, codeBases.drupal7, '/user/1/edit'],
    ['Drupal 10', drupal, codeBases.drupal10, '/user/1/edit'],
  ] as const) {
    const skip = source === null && `no code of ${what} here: set AEGIR_TEST_DRUPAL10 and AEGIR_TEST_DRUPAL7`;
    test(`${what} is published by ${server} of ours`, { skip, timeout: 20 * 60_000 }, (t) =>
      published(t, server, application, source ?? '', inside),
    );
  }

async function published(
  t: TestContext,
  server: Server,
  application: Application,
  source: string,
  inside: string,
): Promise<void> {
  const platform = await copyPlatform(t, source, application);
  await onReal(server, async (bench) => {
    const alias = { name: 'alias.example.org', redirect: false };
    const installed = testSite(platform, await mysqlDatabase(t), bench.web.port, {
      aliases: [alias],
      fpmSocket: bench.fpmSocket,
    });
    const { machine } = testMachine();
    await putSite(application, installed);
    await application.install(machine, installed);
    const http = bench.open();
    await http.verify();
    await http.create({ ...vhostOf(application, installed), state: 'enabled' });

    const browser = new Browser(installed);
    const front = await browser.open('/');
    assert.equal(front.status, 200);
    assert.match(front.text, /Zoë/);
    const loggedIn = async () => {
      const { status, text } = await browser.open(inside);
      return application.name === 'wordpress' ? text.includes('wp-admin-bar-my-account') : status === 200;
    };
    assert.equal(await loggedIn(), false);
    await browser.open(await application.loginLink(machine, installed));
    assert.equal(await loggedIn(), true);

    const byAlias = new Browser({ ...installed, address: installed.address.replace(installed.site.name, alias.name) });
    assert.ok([200, 301, 302].includes((await byAlias.open('/')).status), 'an alias finds the same site');
    await byNameOfOurs(http, application, installed);
    await itsCronRuns(http, application, installed);
    const { directory } = installed.site;
    for (const path of [
      `/sites/${directory}/settings.php`,
      `/sites/${directory}/wp-config.php`,
      `/sites/${directory}/private/temp/x`,
      '/install.php',
      '/core/install.php',
      '/wp-admin/install.php',
      '/wp-config.php',
      '/.git/config',
    ])
      assert.notEqual((await new Browser(installed).open(path)).status, 200, path);
  });
}

/** As a copy is looked at before visitors see it: by a name of ours, and it says of itself what the site says. */
async function byNameOfOurs(http: Http, application: Application, installed: InstalledSite): Promise<void> {
  const { machine } = testMachine();
  const name = 'copy-7.aegir.invalid';
  await http.create({
    ...vhostOf(application, installed),
    name,
    aliases: [],
    asHost: installed.site.name,
    state: 'enabled',
  });
  const through = http.door({ name, redirection: null, tls: 'off' }) ?? assert.fail();
  const front = await probe(machine, installed, { through, path: '/', follow: 3 });
  assert.equal(front.status, 200);
  assert.match(front.title ?? '', /Zoë/);
  await probeLogin(machine, application, installed, through);
  await application.setMaintenance(machine, installed, true);
  await assert.rejects(
    probeLogin(machine, { ...application, loginLink: async () => `${installed.address}/` }, installed, through),
    (error) => error instanceof Problem && /does not log in: .* answers (302|403|503)/.test(error.message),
  );
  assert.equal((await probe(machine, installed, { through, path: '/admin' })).status, 503);
  await application.setMaintenance(machine, installed, false);
  await http.destroy(name);
}

/** Over the web and by command line; WordPress tells of it only by what it did. */
async function itsCronRuns(http: Http, application: Application, installed: InstalledSite): Promise<void> {
  const { machine } = testMachine();
  const { site, platform } = installed;
  const through = http.door(site) ?? assert.fail();
  const marks = `${platform.root}/sites/${site.directory}/private/temp`;
  if (application.name === 'wordpress')
    await writeFile(`${platform.root}/wp-content/mu-plugins/mark.php`, marking(marks));
  for (const [way, door] of [
    ['fpm-fcgi', through],
    ['cli', null],
  ] as const) {
    const lines = await application.cron(machine, installed, { through: door, timeoutMs: 60_000 });
    assert.equal(lines, application.name === 'wordpress' && door === null ? 'said by cron' : '');
    if (application.name === 'wordpress') await until(() => existsSync(`${marks}/ran-by-${way}`));
  }
  // It has answered before it starts WordPress.
  if (application.name === 'wordpress') return;
  await application.setMaintenance(machine, installed, true);
  await assert.rejects(
    application.cron(machine, installed, { through, timeoutMs: 60_000 }),
    (error) => error instanceof Problem && /its cron answers (403|503)/.test(error.message),
  );
  await application.setMaintenance(machine, installed, false);
}

/** A plug-in whose cron leaves a file behind. */
const marking = (directory: string): string => `<?php
add_action('aegir_mark', function () { echo 'said by cron'; touch('${directory}/ran-by-' . PHP_SAPI); });
if (!wp_next_scheduled('aegir_mark')) wp_schedule_single_event(time() - 60, 'aegir_mark');
`;

const vhostOf = (application: Application, { site, platform, database }: InstalledSite) => ({
  siteId: site.id,
  name: site.name,
  aliases: site.aliases,
  redirection: null,
  asHost: null,
  replaces: [],
  root: platform.root,
  directory: site.directory,
  routing: application.routing(site, platform),
  database,
  fpmSocket: site.fpmSocket,
  tls: 'off' as const,
  hstsSeconds: null,
  certificate: null,
  pem: null,
  lines: [],
});
