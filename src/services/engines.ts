import { archive } from './backup/archive.ts';
import { restic } from './backup/restic.ts';
import { crontab, noCrontab } from './cron/crontab.ts';
import { mysql } from './db/mysql.ts';
import { nullDb } from './db/null.ts';
import { postgresql } from './db/postgresql.ts';
import { sqlite } from './db/sqlite.ts';
import { bind } from './dns/bind.ts';
import { cloudflare } from './dns/cloudflare.ts';
import { nullDns } from './dns/null.ts';
import { powerdns } from './dns/powerdns.ts';
import type { Engine } from './engine.ts';
import { git } from './file/git.ts';
import { local } from './file/local.ts';
import { mount } from './file/mount.ts';
import { rsync } from './file/rsync.ts';
import { s3 } from './file/s3.ts';
import { scp } from './file/scp.ts';
import { sftp } from './file/sftp.ts';
import { svn } from './file/svn.ts';
import { apache } from './http/apache.ts';
import { cluster, pack } from './http/cluster.ts';
import { nginx } from './http/nginx.ts';
import { nullHttp } from './http/null.ts';

/** To add an engine: write its file, add its line. */
export const engines: readonly Engine[] = [
  nginx,
  apache,
  cluster,
  pack,
  nullHttp,
  mysql,
  postgresql,
  sqlite,
  nullDb,
  archive,
  restic,
  bind,
  powerdns,
  cloudflare,
  nullDns,
  crontab,
  noCrontab,
  local,
  rsync,
  scp,
  sftp,
  git,
  svn,
  mount,
  s3,
];
