import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Problem, problemJson } from '../model/problem.ts';
import { Secret } from '../model/secret.ts';
import { longMs } from '../services/backup/backups.ts';
import { letGo } from './backup/bringing.ts';
import { checkFilling } from './backup/checking.ts';
import {
  type Filling,
  type FillingStep,
  filling,
  loadDatabase,
  rewriteFormer,
  sourceOf,
  unpackFiles,
} from './backup/filling.ts';
import { isVerdict } from './backup-verify.ts';
import type { CopyContext, SiteContext } from './context.ts';
import { taskType } from './define.ts';
import { askAside } from './moving/asking.ts';
import { demandFree } from './moving/check.ts';
import { writeSettings } from './moving/fitting.ts';
import { createDatabase, createDirectory } from './moving/making.ts';
import { draftOf, moving } from './moving/moving.ts';
import { asideName, publishAside } from './moving/publishing.ts';
import { removeDirectory, siteDirectory } from './site-directory.ts';

/** Makes a site of it that nobody sees, asks that for its front page, and throws it away: proof that it can be restored. */
export const backupTest = taskType({
  name: 'backup test',
  title: 'Test backup',
  args: z.strictObject({}),
  from: ['enabled'],
  timeoutMs: longMs,
  coalesce: true,

  async context(load, id): Promise<Filling> {
    const source = sourceOf(await load.backup(id));
    const { siteId } = source.backup;
    if (siteId === null)
      throw new Problem('invalid', `backup ${id} belongs to no site here, so there is no place to try it in`, {
        hint: `Make a site of it: aegir site import NAME --platform PLATFORM --backup ${id}.`,
      });
    const site = await load.site(siteId);
    const tried = moving(throwAwayOf(site, id), site, { isRehearsal: true });
    return filling(tried, source);
  },

  async check(context) {
    await checkFilling(context);
    await demandFree(context);
  },

  steps: () => [createDatabase, createDirectory, tryIt, throwAway],
  done: () => ({}),
  failed: () => ({}),
});

/**
 * A place for it beside the site. Names and password follow from the backup's number and the site's secret, so that who takes
 * the task over knows them; no site is ever called so, and one backup is tested once at a time.
 */
function throwAwayOf(context: SiteContext, backup: string): CopyContext {
  const { site, platform, db } = context;
  const secret = createHash('sha256')
    .update(`backup test ${backup} ${site.database.password.reveal()}`)
    .digest('base64url');
  const name = `aegir_test_backup_${backup}`;
  const draft = `backup-test-${backup}`;
  const database = { name, user: name, password: new Secret(secret.slice(0, 32)) };
  const drafted = { ...site, database, databaseIsOurs: true, directory: draft };
  const installed = {
    ...context.installed,
    site: drafted,
    database: db.address(database, `${platform.root}/sites/${draft}`),
  };
  return { ...context, site: drafted, installed, draft };
}

const tryIt: FillingStep = {
  name: 'try it',
  async run(context) {
    const { source, report } = context;
    const begun = Date.now();
    const found = (why: string | null) => ({
      ...{ at: new Date(begun).toISOString(), ok: why === null, why },
      seconds: (Date.now() - begun) / 1000,
    });
    try {
      for (const step of [unpackFiles, loadDatabase, writeSettings, rewriteFormer, publishAside, askAside])
        await step.run(context);
    } catch (error) {
      if (!isVerdict(error)) throw error;
      const { message, causes } = problemJson(error);
      await report.record({ backup: { id: source.backup.id, tested: found([message, ...causes].join(': ')) } });
      throw error;
    }
    await report.record({ backup: { id: source.backup.id, tested: found(null) } });
    await report.note(`a site could be made of it in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  },
  async undo({ http, ...context }) {
    await letGo(context.source);
    await http.destroy(asideName(context));
  },
};

const throwAway: FillingStep = {
  name: 'throw it away',
  async run(context) {
    await context.http.destroy(asideName(context));
    await removeDirectory(draftOf(context), siteDirectory(draftOf(context)));
    await context.db.destroy(context.site.database);
  },
  undo: 'nothing', // What made it is undone by taking it away.
};
