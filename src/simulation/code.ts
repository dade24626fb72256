import type { MemoryWorld } from '../machine/memory-world.ts';

/** A code base as small as one can be that is still taken for Drupal 10.1.2. */
export function simulatedDrupal(world: MemoryWorld, root: string): void {
  world.put(`${root}/core/lib/Drupal.php`, `<?php\nclass Drupal {\n  const VERSION = '10.1.2';\n}\n`);
  for (const path of ['autoload.php', 'vendor/autoload.php', 'index.php']) world.put(`${root}/${path}`, '<?php\n');
  const packages = {
    'core/modules/system': 'module',
    'core/profiles/minimal': 'profile',
    'core/profiles/standard': 'profile',
    'core/themes/stark': 'theme',
  };
  for (const [path, type] of Object.entries(packages)) {
    const name = path.split('/').at(-1);
    world.put(`${root}/${path}/${name}.info.yml`, `name: ${name}\ntype: ${type}\nversion: VERSION\n`);
  }
  world.put(`${root}/core/modules/system/system.install`, '<?php\nfunction system_update_10100() {}\n');
  world.directory(`${root}/sites`);
}

export function simulatedWordpress(world: MemoryWorld, root: string): void {
  world.put(`${root}/wp-includes/version.php`, `<?php\n$wp_version = '6.1.9';\n$wp_db_version = 53496;\n`);
  world.put(
    `${root}/wp-content/themes/twentytwentythree/style.css`,
    '/*\nTheme Name: Twenty Twenty-Three\nVersion: 1.0\n*/\n',
  );
  world.put(`${root}/index.php`, '<?php\n');
  world.directory(`${root}/sites`);
}
