import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freshMachine } from './kit/fresh-machine.ts';
import { insideDrupal, isOpen, settle, up } from './kit/up.ts';

/** On a busy machine five times of the minutes that it takes on a quiet one. */
const timeout = 20 * 60_000;

const drupal10 = process.env['AEGIR_TEST_DRUPAL10'];
const drupal7 = process.env['AEGIR_TEST_DRUPAL7'];
const skip10 = drupal10 === undefined && 'AEGIR_TEST_DRUPAL10 does not name a Drupal 10';
const skip7 = drupal7 === undefined && 'AEGIR_TEST_DRUPAL7 does not name a Drupal 7';

test('./up --platform makes an open site of Drupal 10, with PostgreSQL', { timeout, skip: skip10 }, (t) =>
  isInstalled(t, drupal10 ?? '', 'postgresql'),
);

test('./up --platform makes an open site of Drupal 10, with SQLite', { timeout, skip: skip10 }, (t) =>
  isInstalled(t, drupal10 ?? '', 'sqlite'),
);

test('./up --platform makes an open site of Drupal 7, with MariaDB', { timeout, skip: skip7 }, (t) =>
  isInstalled(t, drupal7 ?? '', 'mysql'),
);

async function isInstalled(t: TestContext, docroot: string, db: string): Promise<void> {
  // What Composer put beside the docroot belongs to it.
  const vendor = await stat(join(dirname(docroot), 'vendor')).catch(() => null);
  const [shown, path] = vendor ? [dirname(docroot), `/root/drupal/${basename(docroot)}`] : [docroot, '/root/drupal'];
  const machine = await freshMachine(t, [`${shown}=/root/drupal`]);
  if (!machine) return;
  await settle(machine);
  const told = await up(t, machine, '--platform', path, '--db', db, '--site', 'drupal.aegir.localhost');
  await isOpen(machine, told, /drupal\.aegir\.localhost/, insideDrupal);
}
