import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import {
  Browser,
  codeBases,
  copyPlatform,
  mysqlDatabase,
  putSite,
  servePhp,
  testMachine,
  testSite,
} from '../../../tests/kit/applications.ts';
import { privateMariadb } from '../../../tests/kit/databases.ts';
import { ourPhp } from '../../../tests/kit/our-php.ts';
import { copySite, dumped, formerPlace } from '../../../tests/kit/site-copy.ts';
import { freePort } from '../../../tests/kit/web.ts';
import { Problem } from '../../model/problem.ts';
import type { InstalledSite } from '../application.ts';
import { toolSite } from '../tool.ts';
import { wordpress } from './wordpress.ts';

const inWordpress = (installed: InstalledSite, code: string, more: object = {}): Promise<unknown> =>
  ourPhp(['wordpress-start'], code, { site: toolSite(installed), address: installed.address, ...more });

/** A post with a picture, an editor, a widget, an option and a meta value, serialized and as JSON, and a link for a new password. */
const fill = `
  require_once ABSPATH . 'wp-admin/includes/image.php';
  $image = imagecreatetruecolor(320, 240);
  $upload = wp_upload_dir();
  imagepng($image, $upload['path'] . '/picture.png');
  $id = wp_insert_attachment(['post_mime_type' => 'image/png', 'post_title' => 'picture', 'post_status' => 'inherit', 'guid' => $upload['url'] . '/picture.png'], $upload['path'] . '/picture.png');
  wp_update_attachment_metadata($id, wp_generate_attachment_metadata($id, $upload['path'] . '/picture.png'));
  $host = $aegir['host'];
  $post = wp_insert_post(['post_title' => 'Kit post', 'post_status' => 'publish', 'post_author' => 1, 'post_content' => '<!-- wp:image {"id":' . $id . ',"href":"' . str_replace('/', '\\\\/', home_url('/x')) . '"} -->
    <img alt="inline" src="' . $upload['url'] . '/picture.png"> ' . wp_get_attachment_image($id, 'thumbnail') . ' <a href="' . home_url('/?p=1') . '">here</a> <a href="http://' . $host . '.au/x">there</a> mail@' . $host]);
  update_post_meta($post, '_kit', ['url' => home_url('/é'), 'json' => wp_slash(json_encode(['u' => home_url('/')])), 'path' => ABSPATH . UPLOADS . '/x']);
  update_option('widget_text', [2 => ['title' => 'W', 'text' => '<a href="' . home_url('/w') . '">w</a>'], '_multiwidget' => 1]);
  wp_insert_user(['user_login' => 'editor', 'user_pass' => 'editor-pass', 'user_email' => "editor@$host", 'role' => 'editor']);
  get_password_reset_key(get_user_by('login', 'editor'));
  $GLOBALS['wpdb']->query("create table wp_actionscheduler_actions (id int primary key)");
  $GLOBALS['wpdb']->query("insert into wp_actionscheduler_actions values (1)");
  return ['post' => $post, 'guid' => get_post($post)->guid];`;

test('a WordPress that was copied speaks of its new place only', { timeout: 300_000 }, async (t) => {
  const platform = await copyPlatform(t, codeBases.wordpress, wordpress);
  const next = await copyPlatform(t, codeBases.wordpress, wordpress);
  const { machine } = testMachine();
  const name = 'old.example.com';
  const first = testSite(platform, await mysqlDatabase(t), await freePort(), { name });
  await putSite(wordpress, first);
  await wordpress.install(machine, first);
  // What the code above returns.
  const { post, guid } = (await inWordpress(first, fill, { host: name })) as { post: number; guid: string };
  const server = await servePhp(t, wordpress, first);
  const editor = new Browser(first);
  assert.equal(await logIn(editor), true, 'an editor logs in before');
  const pictures = await loadsAll(first, post);
  const { sql } = await privateMariadb(t);
  const rows = (installed: InstalledSite, of: string) => sql(`select count(*) from ${installed.database.name}.${of}`);

  await t.test('as a new site under another name', async (inner) => {
    const clone = await copySite(inner, wordpress, first, { platform, name: 'clone.example.org', isNew: true });
    const said = await wordpress.rewrite(machine, clone, formerPlace(first), 'new site');
    inner.diagnostic(said.map(({ what, rows: changed }) => `${what}: ${changed}`).join('; '));
    await servePhp(inner, wordpress, clone);
    assert.equal(await loadsAll(clone, post), pictures);
    const page = await new Browser(clone).open(`/?p=${post}`);
    assert.ok(page.text.includes(`http://${name}.au/x`) && page.text.includes(`mail@${name}`), 'other names stay');
    assert.equal(page.text.includes(first.address), false);
    const kept = `$m = get_post_meta(${post}, '_kit', true); return ['meta' => $m, 'widget' => get_option('widget_text')[2]['text'], 'siteurl' => $GLOBALS['wpdb']->get_var("select option_value from wp_options where option_name = 'siteurl'"), 'guid' => get_post(${post})->guid];`;
    assert.deepEqual(await inWordpress(clone, kept), {
      meta: {
        url: `${clone.address}/é`,
        json: JSON.stringify({ u: `${clone.address}/` }).replaceAll('/', '\\/'),
        path: `${platform.root}/sites/clone.example.org/files/x`,
      },
      ...{ widget: `<a href="${clone.address}/w">w</a>`, siteurl: clone.address, guid },
    });
    const sessions = `wp_usermeta where meta_key = 'session_tokens'`;
    assert.deepEqual([await rows(clone, sessions), await rows(first, sessions)], [[['0']], [['1']]]);
    assert.deepEqual(await rows(clone, `wp_users where user_activation_key <> ''`), [['0']]);
    assert.deepEqual(await rows(clone, 'wp_actionscheduler_actions'), [['0']]);
    assert.equal(await logIn(new Browser(clone)), true, 'an editor logs in with the same password');
    const text = await dumped(inner, clone.database, []);
    const old = [...text.matchAll(/INSERT INTO `(\w+)`.*/g)].filter(
      ([line]) => line.includes(first.address) || line.includes(`sites/${name}`),
    );
    assert.deepEqual([...new Set(old.map(([, table]) => table))], ['wp_posts'], 'but for their guid');
    assert.deepEqual(
      (await wordpress.rewrite(machine, clone, formerPlace(first), 'new site'))
        .map(({ what }) => what)
        .filter((what) => !what.includes('usermeta')),
      [],
      'twice is once',
    );
    assert.equal(await isIn(editor), true, 'the other site’s people are still logged in');
  });

  await t.test('a network of sites in one is refused before anything is touched', async (inner) => {
    const network = await copySite(inner, wordpress, first, { platform, name: 'network.example.org', isNew: true });
    await sql(`create table ${network.database.name}.wp_blogs (blog_id int)`);
    const before = await dumped(inner, network.database, []);
    await assert.rejects(
      wordpress.rewrite(machine, network, formerPlace(first), 'new site'),
      (error) => error instanceof Problem && error.code === 'invalid' && /network/.test(error.message),
    );
    assert.equal(await dumped(inner, network.database, []), before);
  });

  await t.test('rights that stand under another prefix are a problem', async (inner) => {
    const clone = await copySite(inner, wordpress, first, { platform, name: 'rights.example.org', isNew: true });
    await sql(
      `update ${clone.database.name}.wp_options set option_name = 'x_user_roles' where option_name = 'wp_user_roles'`,
    );
    await assert.rejects(wordpress.rewrite(machine, clone, formerPlace(first), 'new site'), /no wp_user_roles/);
  });

  await t.test('as the same site on another platform', async (inner) => {
    await server.stop();
    const copy = await copySite(inner, wordpress, first, { platform: next, name, isNew: false });
    const said = await wordpress.rewrite(machine, copy, formerPlace(first), 'same site');
    inner.diagnostic(said.map(({ what, rows: changed }) => `${what}: ${changed}`).join('; '));
    await servePhp(inner, wordpress, copy);
    assert.equal(await loadsAll(copy, post), pictures);
    assert.equal(await isIn(editor), true, 'who was logged in still is');
    const kept = `return get_post_meta(${post}, '_kit', true);`;
    // What the code above returns.
    const { path } = (await inWordpress(copy, kept)) as { path: string };
    assert.equal(path, `${next.root}/sites/${name}/files/x`);
  });
});

async function logIn(browser: Browser): Promise<boolean> {
  await browser.open('/wp-login.php');
  await browser.open('/wp-login.php', {
    form: { log: 'editor', pwd: 'editor-pass', 'wp-submit': 'Log In', testcookie: '1' },
  });
  return isIn(browser);
}

const isIn = async (browser: Browser): Promise<boolean> =>
  (await browser.open('/wp-admin/profile.php')).text.includes('editor@');

/** Every picture of the post, from the site's own directory and by its own name. */
async function loadsAll(installed: InstalledSite, post: number): Promise<number> {
  const browser = new Browser(installed);
  const { status, text } = await browser.open(`/?p=${post}`);
  assert.equal(status, 200);
  const own = [...text.matchAll(/<img[^>]*? src="([^"]+)"/g)].flatMap(([, src = '']) =>
    src.includes('picture') ? [src] : [],
  );
  assert.ok(own.length >= 2, `${own.length} pictures`);
  for (const address of own) {
    assert.ok(address.startsWith(`${installed.address}/sites/${installed.site.directory}/files/`), address);
    const picture = await browser.open(address);
    assert.equal(picture.status, 200, address);
    assert.match(picture.text.slice(0, 10), /PNG/);
  }
  return own.length;
}

const plugin = (version: string, upgrade: string): string => `<?php
/* Plugin Name: Kit */
add_action('admin_init', function () { if (get_option('kit_version') !== '${version}') { ${upgrade} } });
`;

test('WordPress and its plug-ins update what they keep; what fails is named and leaves the site closed', {
  timeout: 180_000,
}, async (t) => {
  const { platform, installed, machine, sql } = await siteWithPlugin(t);
  const file = `${platform.root}/wp-content/plugins/kit/kit.php`;
  const option = async (name: string) =>
    (await sql(`select option_value from ${installed.database.name}.wp_options where option_name = '${name}'`))[0]?.[0];
  const setVersion = (version: string) =>
    sql(
      `update ${installed.database.name}.wp_options set option_value = '${version}' where option_name = 'db_version'`,
    );

  await t.test('a plug-in that ends with a redirect has done its work', async () => {
    await writeFile(
      file,
      plugin(
        '1',
        `update_option('kit_version', '1'); wp_mail('a@example.com', 'x', 'y'); wp_remote_get('http://127.0.0.1:1/'); wp_safe_redirect(admin_url()); exit;`,
      ),
    );
    assert.deepEqual(await wordpress.runUpdates(machine, installed), []);
    assert.deepEqual([await option('kit_version'), await option('aegir_maintenance')], ['1', '0']);
  });
  await t.test('tables first, without plug-ins; then theirs', async () => {
    await setVersion('53000');
    await writeFile(file, plugin('2', `update_option('kit_version', '2' . get_option('db_version'));`));
    assert.equal((await wordpress.runUpdates(machine, installed)).length, 1);
    assert.match((await option('kit_version')) ?? '', /^25\d{4}$/);
    assert.notEqual(await option('kit_version'), '253000');
    assert.deepEqual(await wordpress.pendingUpdates(machine, installed), []);
  });
  await t.test('one that dies is named with its file', async () => {
    await writeFile(file, plugin('3', `kit_no_such_function();`));
    await assert.rejects(wordpress.runUpdates(machine, installed), (error) => {
      assert.ok(error instanceof Problem && error.code === 'application-failed');
      assert.match(
        error.message,
        /plug-ins could not update what they keep: Call to undefined function kit_no_such_function.*plugins\/kit\/kit\.php:3/,
      );
      assert.match(error.hint ?? '', /left in maintenance mode/);
      return true;
    });
    assert.equal((await wordpress.status(machine, installed)).maintenance, true);
    await writeFile(file, plugin('3', `update_option('kit_version', '3');`));
    await wordpress.runUpdates(machine, installed);
    assert.equal((await wordpress.status(machine, installed)).maintenance, true, 'it was closed when they began');
    await wordpress.setMaintenance(machine, installed, false);
  });
  await t.test('a site that was closed before is closed after', async () => {
    await wordpress.setMaintenance(machine, installed, true);
    await wordpress.runUpdates(machine, installed);
    assert.equal((await wordpress.status(machine, installed)).maintenance, true);
    await wordpress.setMaintenance(machine, installed, false);
  });
  await t.test('configuration is told apart by name, and what changes by itself is none of it', async () => {
    const before = await wordpress.config(machine, installed);
    assert.ok(
      'blogname' in before && !('cron' in before) && !Object.keys(before).some((name) => name.includes('transient')),
    );
    await wordpress.cron(machine, installed, { through: null, timeoutMs: 60_000 });
    await wordpress.rebuildCaches(machine, installed);
    assert.deepEqual(await wordpress.config(machine, installed), before);
    await sql(`update ${installed.database.name}.wp_options set option_value = 'other' where option_name = 'blogname'`);
    const after = await wordpress.config(machine, installed);
    assert.deepEqual(
      Object.keys(after).filter((name) => after[name] !== before[name]),
      ['blogname'],
    );
  });
  await t.test('errors are read from the log that its settings name, and from no other', async () => {
    assert.deepEqual(await wordpress.problems(machine, installed, 0), []);
    const directory = `${platform.root}/sites/${installed.site.directory}`;
    const log = `${directory}/private/debug.log`;
    const now = new Date(Date.now() + 2_000)
      .toUTCString()
      .replace(/^\w+, (\d+) (\w+) (\d+) ([\d:]+) GMT/, '$1-$2-$3 $4 UTC');
    const lines = ['[01-Jan-2020 00:00:00 UTC] PHP Fatal error:  old in /x.php on line 1'];
    lines.push(
      `[${now}] PHP Warning:  only that in /x.php on line 1`,
      ...['new', 'new', 'other'].map((word) => `[${now}] PHP Fatal error:  ${word} in /x.php on line 1`),
    );
    await writeFile(log, `${lines.join('\n')}\n`, { mode: 0o644 });
    await writeFile(
      `${directory}/local.wp-config.php`,
      `<?php define('WP_DEBUG', true); define('WP_DEBUG_LOG', '${log}');`,
      { mode: 0o644 },
    );
    assert.deepEqual(await wordpress.problems(machine, installed, Date.now()), [
      'PHP Fatal error: other in /x.php on line 1',
      'PHP Fatal error: new in /x.php on line 1 (2 times)',
    ]);
  });
});

async function siteWithPlugin(t: TestContext) {
  const platform = await copyPlatform(t, codeBases.wordpress, wordpress);
  const { machine } = testMachine();
  await machine.makeDirectory(`${platform.root}/wp-content/plugins/kit`, { mode: '0755' });
  await writeFile(`${platform.root}/wp-content/plugins/kit/kit.php`, plugin('0', ''));
  const installed = testSite(platform, await mysqlDatabase(t), await freePort());
  await putSite(wordpress, installed);
  await wordpress.install(machine, installed);
  await inWordpress(installed, `update_option('active_plugins', ['kit/kit.php']); return [];`);
  const { sql } = await privateMariadb(t);
  return { platform, installed, machine, sql };
}
