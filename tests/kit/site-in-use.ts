import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { probeLogin } from '../../src/applications/probe.ts';
import { toolSite } from '../../src/applications/tool.ts';
import type { SiteContext } from '../../src/tasks/context.ts';
import { isSeven } from './drupal-content.ts';
import { hand } from './farm.ts';
import { ourPhp } from './our-php.ts';
import type { RealFarm } from './real-farm.ts';

/** A site with a text of its own, a picture, and a package of the platform that has updates. */
export interface InUse {
  /** Of the page that holds the text. */
  readonly path: string;
}

const ownText = 'Nobody else wrote this';
export const contextOf = ({ place, truth }: RealFarm, subject: string): Promise<SiteContext> =>
  hand(place, truth).load.site(subject);

/** Runs PHP of a test inside the site. */
export function inside({ installed, application }: SiteContext, code: string): Promise<unknown> {
  const parts = application.name === 'drupal' ? ['database', 'drupal-settings', 'drupal-start'] : ['wordpress-start'];
  return ourPhp(parts, code, { site: toolSite(installed), address: installed.address });
}

const content = {
  wordpress: `
    update_option('blogname', 'A site in use');
    update_option('active_plugins', ['kit/kit.php']);
    return ['path' => '/?p=' . wp_insert_post(['post_title' => 'Own', 'post_content' => '${ownText} <img src="' . $aegir['address'] . '/sites/' . $aegir['site']['directory'] . '/files/red.png">', 'post_status' => 'publish'])];`,
  seven: `
    variable_set('site_name', 'A site in use');
    module_enable(['kit']);
    node_type_save((object) ['type' => 'own', 'name' => 'Own', 'base' => 'node_content', 'description' => '', 'help' => '', 'title_label' => 'Title', 'has_title' => 1, 'custom' => 1, 'modified' => 1, 'locked' => 0, 'disabled' => 0, 'module' => 'node', 'orig_type' => 'own']);
    user_role_grant_permissions(1, ['access content']);
    $node = (object) ['type' => 'own', 'language' => 'und', 'title' => '${ownText}', 'uid' => 1, 'status' => 1];
    node_save($node);
    return ['path' => "/node/$node->nid"];`,
  later: `
    Drupal::configFactory()->getEditable('system.site')->set('name', 'A site in use')->save();
    Drupal::service('module_installer')->install(['kit']);
    Drupal\\node\\Entity\\NodeType::create(['type' => 'own', 'name' => 'Own'])->save();
    user_role_grant_permissions('anonymous', ['access content']);
    $node = Drupal\\node\\Entity\\Node::create(['type' => 'own', 'title' => '${ownText}', 'uid' => 1, 'status' => 1]);
    $node->save();
    return ['path' => '/node/' . $node->id()];`,
} as const;

/** Of site 7, which was just installed on p1. */
export async function putInUse(farm: RealFarm): Promise<InUse> {
  for (const root of [farm.data.platformRoot, farm.data.otherRoot]) await putPackage(farm, root, '');
  const site = await contextOf(farm, '7');
  const kind = site.application.name === 'wordpress' ? 'wordpress' : isSeven(site.installed) ? 'seven' : 'later';
  const files = join(farm.data.platformRoot, 'sites', site.site.directory, 'files');
  execFileSync('sudo', ['-n', '-u', 'www-data', 'php'], {
    input: `<?php $i = imagecreatetruecolor(32, 24); imagefill($i, 0, 0, imagecolorallocate($i, 200, 0, 0)); imagepng($i, '${files}/red.png');`,
    cwd: '/',
  });
  // What the code above returns.
  return (await inside(site, content[kind])) as InUse;
}

/** A module or plug-in whose next update does this, as PHP. */
export async function putPackage({ data }: RealFarm, root: string, update: string): Promise<void> {
  const seven = data.application === 'drupal' && !root.endsWith('/web');
  const at = join(
    root,
    { wordpress: 'wp-content/plugins/kit', drupal: seven ? 'sites/all/modules/kit' : 'modules/kit' }[
      data.application
    ] ?? '',
  );
  await mkdir(at, { recursive: true });
  const texts: Record<string, string> =
    data.application === 'wordpress'
      ? {
          'kit.php': `<?php\n/* Plugin Name: Kit */\nadd_action('admin_init', function () { if (get_option('kit_ran') === 'yes') return; ${update} });\n`,
        }
      : {
          [seven ? 'kit.info' : 'kit.info.yml']: seven
            ? 'name = kit\ncore = 7.x\n'
            : `name: kit\ntype: module\ncore_version_requirement: '>=8'\n`,
          'kit.module': '<?php\n',
          'kit.install':
            update === ''
              ? '<?php\n'
              : `<?php\n/** One. */\nfunction kit_update_${seven ? 7001 : 10001}() { ${update} }\n`,
        };
  for (const [name, text] of Object.entries(texts)) await writeFile(join(at, name), text);
}

/** An update that shows that it ran, and whether it did. */
export const markingUpdate = ({ application, installed }: SiteContext): string =>
  application.name === 'wordpress'
    ? `update_option('kit_ran', 'yes');`
    : isSeven(installed)
      ? `variable_set('kit_ran', 'yes');`
      : `Drupal::state()->set('kit_ran', 'yes');`;
export const hasRun = async (site: SiteContext): Promise<boolean> => {
  const get = {
    wordpress: `get_option('kit_ran', '')`,
    drupal: isSeven(site.installed) ? `variable_get('kit_ran', '')` : `Drupal::state()->get('kit_ran', '')`,
  }[site.application.name];
  const [ran] = (await inside(site, `return [${get}];`)) as readonly string[]; // as the code returns it
  return ran === 'yes';
};

/** It shows its own content, its picture loads from its own directory, and people can log in. */
export async function isItself(farm: RealFarm, subject: string, { path }: InUse): Promise<void> {
  const site = await contextOf(farm, subject);
  const { name, directory } = site.site;
  const front = await farm.page('/', name);
  assert.equal(front.status, 200, name);
  assert.match(/<title>(.*?)<\/title>/s.exec(front.text)?.[1] ?? '', /A site in use/, name);
  const page = await farm.page(path, name);
  assert.equal(page.status, 200, `${name}${path}`);
  assert.ok(page.text.includes(ownText), `${name}${path}`);
  const pictures = [...page.text.matchAll(/<img[^>]*? src="([^"]*red\.png)"/g)].map(([, src = '']) => src);
  for (const src of pictures) assert.equal(src, `${site.installed.address}/sites/${directory}/files/red.png`);
  assert.equal(pictures.length, site.application.name === 'wordpress' ? 1 : 0);
  const picture = await farm.page(`/sites/${directory}/files/red.png`, name);
  assert.equal(picture.status, 200, name);
  assert.match(picture.text.slice(0, 8), /PNG/);
  const door = site.http.door(site.site);
  assert.ok(door);
  await probeLogin(site.machine, site.application, site.installed, door);
}
