import assert from 'node:assert/strict';
import type { Machine } from '../../src/machine/machine.ts';
import { HostKeys } from '../../src/model/host-keys.ts';
import type { Platform } from '../../src/model/platform.ts';
import { type Server, serverPaths } from '../../src/model/server.ts';
import type { Site } from '../../src/model/site.ts';
import type { Backups } from '../../src/services/backup/backups.ts';
import type { Db } from '../../src/services/db/db.ts';
import type { Dns } from '../../src/services/dns/dns.ts';
import type { Http } from '../../src/services/http/http.ts';
import type { BackupContext, Report, SiteContext } from '../../src/tasks/context.ts';
import { backupsOf } from './backups-of-farm.ts';
import type { Place } from './place.ts';
import { backupName, type Truth, type Whereabouts } from './truth.ts';

export interface SiteAt {
  readonly site: Site;
  readonly at: Whereabouts;
}

export interface Machines {
  readonly machine: Machine;
  readonly secondMachine: Machine;
}

const dnsOptions = { keyName: 'aegir', keySecret: 'c2VjcmV0LW9mLXRzaWc=' };

/** Everything on this farm, opened: what the worker makes of the hub's rows. */
export function contextsOf(place: Place, truth: Truth, { machine, secondMachine }: Machines, report: Report) {
  const server: Server = {
    id: '1',
    name: 'master',
    host: 'localhost',
    sshPort: 22,
    status: truth.server,
    data: {},
    hostKeys: new HostKeys([]),
  };
  const paths = serverPaths(place.root, 'master');
  const host = { machine, paths };
  // The farm puts engines of these types in these places.
  const http = place.http.open(host, place.httpOptions) as Http;
  const db = place.db.open(host, place.dbOptions) as Db;
  const { second } = place;
  const isApart = second?.open !== undefined;
  const secondServer: Server = { ...server, id: '2', name: 'second', ...(isApart && { host: 'web2' }) };
  const secondPaths = serverPaths(second?.root ?? '/nowhere', 'second');
  const secondHost = { machine: secondMachine, paths: secondPaths };
  const dbs = { '2': db, '4': isApart ? (place.db.open(secondHost, place.dbOptions) as Db) : db } as const;
  const secondHttp = second?.http.open(
    { machine: secondMachine, paths: secondPaths },
    { publicAddresses: ['192.0.2.2'] },
  ) as Http | undefined;
  const roots = { p1: place.platformRoot, p2: place.otherRoot, p3: second?.platformRoot ?? '/nowhere' } as const;
  const known = truth.platform !== 'queued';
  const platform = (name: Whereabouts['platform']): Platform => ({
    ...{ id: name.slice(1), name, root: roots[name], version: name === 'p2' ? truth.otherVersion : truth.version },
    status: name === 'p1' ? truth.platform : 'enabled',
    application: known ? place.application.name : null,
  });
  const webOf = (name: Whereabouts['platform']) =>
    name === 'p3' && secondHttp
      ? { ...secondHost, server: secondServer, http: secondHttp }
      : { machine, paths, server, http };
  const site = ({ site: one, at }: SiteAt): SiteContext => {
    const on = platform(at.platform);
    const isSecond = at.platform === 'p3';
    const { http: web, ...where } = webOf(at.platform);
    return {
      ...where,
      report,
      ...{
        site: one,
        platform: on,
        http: web,
        db: dbs[at.dbService],
        cron: null,
        application: place.application,
        scan: truth.scan,
        ownScan: truth.ownScan,
      },
      services: {
        ...{ http: isSecond ? '3' : '1', db: at.dbService },
        httpEngine: (isSecond ? second?.http : place.http)?.name ?? '',
        dbEngine: place.db.name,
      },
      installed: {
        ...{ site: one, platform: on, address: web.address(one) },
        database: db.address(one.database, `${on.root}/sites/${one.directory}`),
      },
      lines: { settings: [], vhost: [] },
      dns: dnsOf(one),
    };
  };
  const dnsOf = ({ id }: Site): SiteContext['dns'] => {
    const service = place.dns && { id: '5', server: 'master', dns: place.dns.open(host, dnsOptions) as Dns };
    const records = service === null ? [] : (truth.records[id] ?? []).map((one) => ({ ...one, service }));
    return { service, ttlSeconds: null, ttlSecondsMax: null, owner: `a1b2c3/${id}`, records };
  };
  const [backups, secondBackups] = [host, secondHost].map((one) => backupsOf(truth.keeps, one)) as [Backups, Backups];
  const backup = (id: string): BackupContext => {
    const known = truth.backups[id];
    assert.ok(known, `there is no backup ${id}`);
    return {
      ...{
        report,
        machine,
        server,
        paths,
        backups,
        engine: 'archive',
        transfers: { machine, directory: `${place.root}/transfers` },
      },
      ...(truth.backupsAreFar && { ...secondHost, server: secondServer, backups: secondBackups }),
      backup: {
        ...{
          ...known,
          id,
          name: backupName(id),
          siteName: known.siteId === null ? '' : truth.at.name,
          note: '',
          pinned: false,
          by: null,
        },
      },
    };
  };
  return { server, paths, http, dbs, platform, webOf, site, backup };
}
