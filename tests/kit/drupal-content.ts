import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { InstalledSite } from '../../src/applications/application.ts';
import { toolSite } from '../../src/applications/tool.ts';
import type { Browser } from './applications.ts';
import { ourPhp } from './our-php.ts';

export const isSeven = ({ platform }: InstalledSite): boolean => platform.version?.startsWith('7.') ?? false;

/** Runs PHP of a test inside a Drupal site. */
export const inDrupal = (installed: InstalledSite, code: string, more: object = {}): Promise<unknown> =>
  ourPhp(['database', 'drupal-settings', 'drupal-start'], code, {
    ...{ site: toolSite(installed), address: installed.address, ...more },
  });

/** A module with a page '/kit-NAME' whose text comes from a class in a file of its own. */
export async function putModule(root: string, directory: string, name: string, seven: boolean): Promise<void> {
  const at = join(root, directory, name);
  await mkdir(join(at, seven ? 'lib' : 'src'), { recursive: true });
  const files: Record<string, string> = seven
    ? {
        [`${name}.info`]: `name = ${name}\ncore = 7.x\nfiles[] = lib/page.inc\n`,
        [`${name}.module`]: `<?php\nfunction ${name}_menu() { return ['kit-${name}' => ['page callback' => '${name}_page', 'access callback' => TRUE, 'file' => 'page.inc']]; }\nfunction ${name}_init() { class_exists('${name}Page') || exit('no class'); }\n`,
        'page.inc': `<?php\nfunction ${name}_page() { return ${name}Page::text(); }\n`,
        'lib/page.inc': `<?php\nclass ${name}Page { public static function text() { return '${name} speaks'; } }\n`,
      }
    : {
        [`${name}.info.yml`]: `name: ${name}\ntype: module\ncore_version_requirement: '>=8'\n`,
        [`${name}.routing.yml`]: `${name}.page:\n  path: '/kit-${name}'\n  defaults: { _controller: '\\Drupal\\${name}\\Page::show' }\n  requirements: { _access: 'TRUE' }\n`,
        [`${name}.module`]: '<?php\n',
        'src/Page.php': `<?php\nnamespace Drupal\\${name};\nclass Page { public function show() { return ['#markup' => '${name} speaks']; } }\n`,
      };
  for (const [path, text] of Object.entries(files)) await writeFile(join(at, path), text);
  await promisify(execFile)('chmod', ['-R', 'a+rX', at]);
}

const page8 = `
  file_put_contents('public://inline.png', base64_decode($aegir['png']));
  $file = Drupal\\file\\Entity\\File::create(['uri' => 'public://inline.png', 'status' => 1]);
  $file->save();
  $node = Drupal\\node\\Entity\\Node::create(['type' => 'article', 'title' => 'Kit page', 'uid' => 1, 'status' => 1, 'promote' => 1,
    'body' => ['value' => $aegir['html'], 'format' => 'full_html'], 'field_image' => ['target_id' => $file->id(), 'alt' => 'a picture']]);
  $node->save();
  Drupal\\user\\Entity\\User::create(['name' => 'editor', 'pass' => 'editor-pass', 'mail' => "editor@{$aegir['host']}", 'status' => 1])->save();
  Drupal::configFactory()->getEditable('kit.settings')->set('url', $aegir['url'])->set('path', "{$aegir['path']}/files/x")->save(true);
  Drupal::state()->set('kit.paths', ["{$aegir['site']['root']}/{$aegir['path']}/private" => serialize(['u' => $aegir['url'] . '/é', 'o' => (object) ['p' => $aegir['path']]])]);
  Drupal::service('module_installer')->install($aegir['modules']);
  drupal_flush_all_caches();
  return ['node' => $node->id()];`;

const page7 = `
  $file = file_save_data(base64_decode($aegir['png']), 'public://inline.png');
  $node = (object) ['type' => 'article', 'language' => 'und', 'title' => 'Kit page', 'uid' => 1];
  node_object_prepare($node);
  $node->status = $node->promote = $node->uid = 1;
  $node->body['und'][0] = ['value' => $aegir['html'], 'format' => 'full_html'];
  $node->field_image['und'][0] = (array) $file + ['alt' => 'a picture'];
  node_save($node);
  user_save(new stdClass(), ['name' => 'editor', 'pass' => 'editor-pass', 'mail' => "editor@{$aegir['host']}", 'status' => 1, 'is_new' => true]);
  variable_set('kit_settings', ['url' => $aegir['url'], 'path' => "{$aegir['path']}/files/x"]);
  variable_set('kit_paths', ["{$aegir['site']['root']}/{$aegir['path']}/private" => serialize(['u' => $aegir['url'] . '/é', 'o' => (object) ['p' => $aegir['path']]])]);
  variable_set('preprocess_css', 1);
  module_enable($aegir['modules']);
  drupal_flush_all_caches();
  return ['node' => $node->nid];`;

/** A red picture of 320 by 240. */
const picture = (): Promise<string> =>
  promisify(execFile)('php', [
    '-r',
    '$i = imagecreatetruecolor(320, 240); imagefill($i, 0, 0, imagecolorallocate($i, 200, 0, 0)); ob_start(); imagepng($i); echo base64_encode(ob_get_clean());',
  ]).then(({ stdout }) => stdout);

/** A page with pictures and addresses in it, somebody who may log in, settings that name the site's place, and modules. */
export async function fillDrupal(
  installed: InstalledSite,
  modules: readonly string[],
): Promise<{ readonly path: string }> {
  const { site, address } = installed;
  const path = `sites/${site.directory}`;
  const html = `<p><img alt="inline" src="/${path}/files/inline.png"> <a href="${address}/node/1">here</a> <a href="http://${site.name}.au/x">there</a>
    mail@${site.name} <img alt="absolute" src="${address}/${path}/files/inline.png"></p>`;
  const more = { png: await picture(), html, host: site.name, url: address, path, modules };
  // What the code above returns.
  const { node } = (await inDrupal(installed, isSeven(installed) ? page7 : page8, more)) as { node: string };
  return { path: `/node/${node}` };
}

/** What the site kept in its settings, as the code above made it. */
export const settingsOf = (installed: InstalledSite): Promise<unknown> =>
  inDrupal(
    installed,
    isSeven(installed)
      ? `$p = variable_get('kit_paths'); $u = unserialize(reset($p)); return ['settings' => variable_get('kit_settings'), 'path' => key($p), 'url' => $u['u'], 'object' => $u['o']->p];`
      : `$p = Drupal::state()->get('kit.paths'); $u = unserialize(reset($p)); return ['settings' => array_diff_key(Drupal::config('kit.settings')->getRawData(), ['_core' => 1]), 'path' => key($p), 'url' => $u['u'], 'object' => $u['o']->p];`,
  );

/** Logs in with name and password, as people do. */
export async function logIn(browser: Browser, installed: InstalledSite): Promise<boolean> {
  const seven = isSeven(installed);
  const form = { name: 'editor', pass: 'editor-pass', form_id: seven ? 'user_login' : 'user_login_form', op: 'Log in' };
  await browser.open(seven ? '/user' : '/user/login', { form });
  return isIn(browser);
}

export const isIn = async (browser: Browser): Promise<boolean> => (await browser.open('/user/2/edit')).status === 200;

/** Every picture and style sheet of the page answers, from the site's own directory and by its own name. Answers how many pictures. */
export async function loadsAll(browser: Browser, installed: InstalledSite, path: string): Promise<number> {
  const { status, text } = await browser.open(path);
  assert.equal(status, 200, path);
  const pictures = [...text.matchAll(/<img[^>]*? src="([^"]+)"/g)].map(([, src = '']) => src.replaceAll('&amp;', '&'));
  const styles = [...text.matchAll(/(?:href="|@import url\(")([^"]+\.css[^"]*)"/g)].map(([, href = '']) =>
    href.replaceAll('&amp;', '&'),
  );
  for (const address of [...pictures, ...styles]) {
    if (/^https?:/.test(address)) assert.ok(address.startsWith(`${installed.address}/`), address);
    if (address.includes('/sites/')) assert.ok(address.includes(`/sites/${installed.site.directory}/`), address);
    const page = await browser.open(address);
    assert.equal(page.status, 200, address);
    if (pictures.includes(address)) assert.match(page.text.slice(0, 10), /PNG|JFIF|svg|WEBP/, address);
  }
  assert.ok(styles.length > 0, 'it has style sheets');
  return pictures.length;
}
