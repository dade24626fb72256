import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Command } from '../../src/machine/command.ts';
import type { Machine } from '../../src/machine/machine.ts';
import type { Problem } from '../../src/model/problem.ts';
import type { Database } from '../../src/model/site.ts';
import type { Db, Programs, SiteDatabase } from '../../src/services/db/db.ts';
import type { EngineHost } from '../../src/services/engine.ts';
import { FailingMachine, isPlanned, watched } from './db-contract.ts';

/** One server to copy databases on, real or in memory. */
export interface CopyWorld {
  readonly host: EngineHost;
  open(host: EngineHost): Db;
  /** One that nobody has yet, as the hub would allocate it. */
  fresh(): Promise<Database>;
  /** What the site's own code does with its database; rejects when it is refused. */
  asSite(database: SiteDatabase, sql: string): Promise<readonly (readonly string[])[]>;
  /** Structure and rows, as text, without the database's own name and user. */
  describe(database: SiteDatabase): Promise<string>;
  /** All databases and users there are: the same text means that nothing is left. */
  snapshot(): Promise<string>;
  /** SQL that makes what is hard to copy on this kind of server, besides the tables `notes` and `cache_notes`. */
  readonly odd: string;
  /** The same server as another machine reaches it; null where there is none but its own. */
  readonly elsewhere: Machine | null;
}

const structure = 'create table notes (v varchar(100)); create table cache_notes (v varchar(100))';
const rows =
  "insert into notes values ('one'); insert into notes values ('two'); insert into cache_notes values ('warm')";
const emptied = ['cache_*'];

/** What every engine promises of copies. */
export function dbCopyContract(title: string, world: (t: TestContext) => Promise<CopyWorld>): void {
  const suite = (sentence: string, proof: (world: Made, t: TestContext) => Promise<void>): void =>
    void test(`${title}: ${sentence}`, { timeout: 600_000 }, async (t) => {
      const made = await world(t);
      await proof(withDatabases(made), t);
    });

  for (const state of ['closed', 'open'] as const)
    suite(`a database that is ${state} is copied with all that is in it, and told how`, async (made) => {
      const { db, from, to, world: w } = await made.pair();
      if (state === 'closed') await db.close(from, 0);
      const { way } = await db.copy(from, to, []);
      assert.ok(way.length > 5);
      assert.equal(await w.describe(to), await made.opened(from));
      assert.deepEqual(await w.asSite(to, 'select v from notes order by v'), [['one'], ['two']]);
      await w.asSite(to, "insert into notes values ('three')");
      // Twice is once: what is there already goes first.
      if (state === 'closed') await db.close(from, 0);
      await db.copy(from, to, []);
      assert.equal(await w.describe(to), await made.opened(from));
      await made.clean();
    });

  suite('rows that are not wanted stay behind, their tables do not', async (made) => {
    const { db, from, to, world: w } = await made.pair();
    for (const state of ['open', 'closed'] as const) {
      if (state === 'closed') await db.close(from, 0);
      await db.copy(from, to, emptied);
      assert.deepEqual(await w.asSite(to, 'select v from cache_notes'), [], state);
      assert.deepEqual(await w.asSite(to, 'select v from notes order by v'), [['one'], ['two']], state);
    }
    await made.clean();
  });

  suite('a dump that is loaded is the same database, also of one that is closed', async (made) => {
    const { db, from, to, world: w } = await made.pair();
    const { machine } = w.host;
    await pipeDump(db, from, to, machine);
    assert.equal(await w.describe(to), await w.describe(from));
    await db.close(from, 0);
    const third = await made.create();
    await pipeDump(db, from, third, machine, emptied);
    assert.deepEqual(await w.asSite(third, 'select v from cache_notes'), []);
    assert.deepEqual(await w.asSite(third, 'select v from notes order by v'), [['one'], ['two']]);
    await made.clean();
  });

  suite('a dump goes over the network, too, and leaves no password behind', async (made, t) => {
    const { db, from, to, world: w } = await made.pair();
    if (!w.elsewhere) return t.skip('there is no network to it');
    await pipeDump(db, from, to, w.elsewhere);
    assert.equal(await w.describe(to), await w.describe(from));
    await db.close(from, 0);
    const third = await made.create();
    await pipeDump(db, from, third, w.elsewhere);
    assert.equal(await w.describe(third), await w.describe(to));
    await made.clean();
  });

  suite('who is closed out can write no more; verify does not open it, reopen does, and destroy works', async (made) => {
    const { db, from, world: w } = await made.pair();
    await db.close(from, 0);
    await db.close(from, 0);
    await assert.rejects(w.asSite(from, "insert into notes values ('late')"));
    assert.deepEqual(await db.create(made.databaseOf(from)), []);
    await assert.rejects(w.asSite(from, "insert into notes values ('late')"));
    await db.reopen(from);
    await db.reopen(from);
    await w.asSite(from, "insert into notes values ('again')");
    assert.equal((await w.asSite(from, 'select v from notes')).length, 3);
    await db.close(from, 0);
    await made.clean();
  });

  suite('whichever command of a copy fails, before or after it worked: the next copy is whole, and destroy leaves nothing', async (made, t) => {
    const { db, from, to, world: w } = await made.pair();
    await db.close(from, 0);
    await db.copy(from, to, []);
    const whole = await w.describe(to);
    let points = 0;
    for (const when of ['before', 'after'] as const)
      for (let at = 0; ; at += 1) {
        const dying = new FailingMachine(w.host.machine, at, when, Number.POSITIVE_INFINITY);
        const died = await w
          .open({ ...w.host, machine: dying.machine })
          .copy(from, to, [])
          .then(
            () => false,
            (error) => isPlanned(error),
          );
        await db.copy(from, to, []);
        assert.equal(await w.describe(to), whole, `${when} command ${at}`);
        if (!died) break;
        points += 1;
      }
    t.diagnostic(`${points} fault points`);
    assert.ok(points > 0);
    await made.clean();
  });

  suite('a size is told; what is not there has none, and cannot be copied, dumped or closed', async (made) => {
    const { db, from, to, world: w } = await made.pair();
    assert.ok((await db.sizeBytes(from)) > 0);
    const disk = await db.disk();
    if (disk) assert.ok(disk.freeBytes > 0 && disk.mount.startsWith('/'), JSON.stringify(disk));
    await db.destroy(from);
    assert.equal(await db.sizeBytes(from), 0);
    const missing = { code: 'not-found' };
    await assert.rejects(db.copy(from, to, []), missing);
    await assert.rejects(db.close(from, 0), missing);
    await assert.rejects(
      db.dumping(from, w.host.machine, [], async () => undefined),
      missing,
    );
    await db.reopen(from);
    await made.clean();
  });

  suite('no password is in an argument, and no file with one is left', async (made) => {
    const { from, to, world: w } = await made.pair();
    const seen: string[] = [];
    const machine = watched(w.host.machine, ({ argv }) => void seen.push(argv.join(' ')));
    const db = w.open({ ...w.host, machine });
    await db.copy(from, to, []);
    await pipeDump(db, from, to, machine).catch(() => undefined);
    await db.close(from, 0);
    assert.ok(seen.length > 0);
    for (const { password } of [from, to]) assert.ok(!seen.join('\n').includes(password.reveal()));
    await made.clean();
  });
}

export const pipeDump = (
  db: Db,
  from: SiteDatabase,
  to: SiteDatabase,
  at: Machine,
  without: readonly string[] = [],
): Promise<unknown> =>
  db.dumping(from, at, without, (dump) => db.loading(to, at, (load) => at.pipe({ commands: [dump, ...load] })));

/** Loads what `source` writes; answers the Problem it ended with, or null. */
export async function load(db: Db, into: SiteDatabase, at: Machine, source: Command): Promise<Problem | null> {
  return db
    .loading(into, at, (programs: Programs) => at.pipe({ commands: [source, ...programs] }))
    .then(
      () => null,
      (error: Problem) => error,
    );
}

interface Made {
  readonly world: CopyWorld;
  readonly db: Db;
  create(): Promise<SiteDatabase>;
  databaseOf(database: SiteDatabase): Database;
  /** A filled one, and one that was just made. */
  pair(): Promise<{ db: Db; from: SiteDatabase; to: SiteDatabase; world: CopyWorld }>;
  /** Described after it was opened again. */
  opened(database: SiteDatabase): Promise<string>;
  /** Destroys all of them, and sees that nothing is left. */
  clean(): Promise<void>;
}

export function withDatabases(world: CopyWorld): Made {
  const db = world.open(world.host);
  const made = new Map<SiteDatabase, Database>();
  let before: string | undefined;
  const create = async (): Promise<SiteDatabase> => {
    before ??= await world.snapshot();
    const database = await world.fresh();
    await db.create(database);
    const address = db.address(database, '/nowhere');
    made.set(address, database);
    return address;
  };
  return {
    ...{ world, db, create },
    databaseOf: (address) => made.get(address)!,
    async pair() {
      const [from, to] = [await create(), await create()];
      await world.asSite(from, `${structure}; ${world.odd} ${rows}`);
      return { db, from, to, world };
    },
    async opened(database) {
      await db.reopen(database);
      return world.describe(database);
    },
    async clean() {
      for (const database of made.values()) await db.destroy(database);
      assert.equal(await world.snapshot(), before);
      const { machine, paths } = world.host;
      const left = (await machine.find(`${paths.root}/config`, {})).filter(({ path }) => /-login-/.test(path));
      assert.deepEqual(left, []);
    },
  };
}
