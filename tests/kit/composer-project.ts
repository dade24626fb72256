import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exec, putDrupal } from './build-farm.ts';

/** What the plug-in looks for and tries. */
export interface Spied {
  /** Paths that it reads, lists, and writes to. */
  readonly reads: readonly string[];
  readonly lists: readonly string[];
  readonly writes: readonly string[];
}

/** What it found, in the document root of the project. */
export interface Seen {
  readonly uid: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly read: Readonly<Record<string, string | false>>;
  readonly listed: Readonly<Record<string, readonly string[] | false>>;
  readonly wrote: Readonly<Record<string, boolean>>;
  readonly processes: readonly string[];
  readonly asRoot: number;
  readonly crontab: number;
}

/**
 * A directory of packages for Composer: the project acme/site, which is taken for Drupal, a plug-in that looks around as
 * far as it is let, in the plug-in and in a script of the project, and a package for developers.
 */
export async function composerRepository(directory: string, spied: Spied): Promise<string> {
  const repository = join(directory, 'packages');
  await mkdir(repository);
  await pack(repository, 'site', {
    'composer.json': json({
      ...{ name: 'acme/site', version: '1.2.3', type: 'project' },
      require: { 'acme/spy': '^1' },
      'require-dev': { 'acme/developers': '^1' },
      repositories: [{ 'packagist.org': false }, { type: 'artifact', url: repository }],
      config: { 'allow-plugins': { 'acme/spy': true } },
      scripts: { 'post-create-project-cmd': 'touch web/script-ran', 'post-update-cmd': 'touch web/script-ran' },
    }),
  });
  await pack(repository, 'spy', {
    'composer.json': json({
      ...{ name: 'acme/spy', version: '1.0.0', type: 'composer-plugin' },
      require: { 'composer-plugin-api': '^2' },
      autoload: { 'psr-4': { 'Acme\\': 'src' } },
      extra: { class: 'Acme\\Spy' },
    }),
    'src/Spy.php': spy(spied),
  });
  await pack(repository, 'developers', { 'composer.json': json({ name: 'acme/developers', version: '1.0.0' }) });
  return repository;
}

const json = (value: object): string => JSON.stringify(value, null, 2);

async function pack(repository: string, name: string, files: Readonly<Record<string, string>>): Promise<void> {
  const path = join(repository, '..', `unpacked-${name}`);
  if (name === 'site') await putDrupal(path);
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, file)), { recursive: true });
    await writeFile(join(path, file), text);
  }
  await exec('rm', ['-rf', join(path, 'vendor')]);
  await exec('zip', ['-qr', join(repository, `${name}.zip`), '.'], { cwd: path });
}

const spy = ({ reads, lists, writes }: Spied): string => `<?php
namespace Acme;
class Spy implements \\Composer\\Plugin\\PluginInterface {
  function activate(\\Composer\\Composer $composer, \\Composer\\IO\\IOInterface $io): void {
    $seen = ['uid' => posix_getuid(), 'environment' => getenv(), 'read' => [], 'listed' => [], 'wrote' => [], 'processes' => []];
    foreach (json_decode('${JSON.stringify(reads)}') as $path) $seen['read'][$path] = @file_get_contents($path);
    foreach (json_decode('${JSON.stringify(lists)}') as $path) $seen['listed'][$path] = @scandir($path);
    foreach (json_decode('${JSON.stringify(writes)}') as $path) $seen['wrote'][$path] = @file_put_contents($path, 'spy') !== false;
    foreach (glob('/proc/[0-9]*/cmdline') as $path) $seen['processes'][] = strtr(file_get_contents($path), "\\0", ' ');
    exec('sudo -n true 2>&1', $out, $seen['asRoot']);
    exec('echo "* * * * * true" | crontab - 2>&1', $out, $seen['crontab']);
    exec('setsid sh -c "trap \\"\\" TERM HUP; sleep 600" >/dev/null 2>&1 &');
    $io->write('looked around');
    file_put_contents(dirname(__DIR__, 4) . '/web/seen.json', json_encode($seen));
  }
  function deactivate(\\Composer\\Composer $composer, \\Composer\\IO\\IOInterface $io): void {}
  function uninstall(\\Composer\\Composer $composer, \\Composer\\IO\\IOInterface $io): void {}
}
`;
