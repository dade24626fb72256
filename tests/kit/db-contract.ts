import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { Command } from '../../src/machine/command.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { Problem } from '../../src/model/problem.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Database } from '../../src/model/site.ts';
import type { Db } from '../../src/services/db/db.ts';
import type { EngineHost } from '../../src/services/engine.ts';
import { withRun } from './faulty-machines.ts';

/** One database server to try an engine on, real or in memory. */
export interface DbWorld {
  readonly host: EngineHost;
  open(host: EngineHost): Db;
  /** All databases, users and rights there are, as text: the same text means nothing changed. */
  snapshot(): Promise<string>;
  /** Makes a database that is not Aegir's. */
  makeForeign(name: string): Promise<void>;
  /** Makes a user with this name who can do something elsewhere. */
  makeForeignUser(user: string): Promise<void>;
  /** Whether a site that logs in with these reaches the database `name`. */
  reaches(database: Database, name: string): Promise<boolean>;
}

/** What every engine with a server promises, whatever the server is. */
export function dbContract(title: string, world: (t: TestContext) => Promise<DbWorld>): void {
  const suite = (sentence: string, proof: (world: DbWorld, db: Db, t: TestContext) => Promise<void>): void =>
    void test(`${title}: ${sentence}`, { timeout: 600_000 }, async (t) => {
      const made = await world(t);
      await proof(made, made.open(made.host), t);
    });

  suite('verify proves that it may, and leaves nothing', async ({ snapshot }, db) => {
    const before = await snapshot();
    assert.deepEqual(await db.verify(), []);
    assert.equal(await snapshot(), before);
  });

  suite('a verify that was cut off anywhere leaves nothing behind the next one', async (made, _, t) => {
    const before = await made.snapshot();
    let points = 0;
    for (const when of ['before', 'after'] as const)
      for (let at = 0; ; at += 1) {
        // From here on nothing works any more, as when a worker is killed.
        const dying = new FailingMachine(made.host.machine, at, when, Number.POSITIVE_INFINITY);
        const died = await made
          .open({ ...made.host, machine: dying.machine })
          .verify()
          .then(
            () => false,
            (error) => isPlanned(error),
          );
        await made.open(made.host).verify();
        assert.equal(await made.snapshot(), before, `${when} command ${at}`);
        if (!died) break;
        points += 1;
      }
    t.diagnostic(`${points} fault points`);
    assert.ok(points >= 8);
  });

  suite('what is there already is found with one program', async (made, db) => {
    const database = fresh();
    await db.create(database);
    const ran: string[] = [];
    const machine = watched(made.host.machine, ({ argv }) => void ran.push(argv[0]));
    assert.deepEqual(await made.open({ ...made.host, machine }).create(database), []);
    assert.equal(ran.length, 1, ran.join(' '));
    await db.destroy(database);
  });

  suite('what is absent does not exist, and is destroyed without a word', async ({ snapshot }, db) => {
    const before = await snapshot();
    const database = fresh();
    assert.equal(await db.exists(database), false);
    await db.destroy(database);
    assert.equal(await snapshot(), before);
  });

  suite('create makes it, twice is once, and destroy leaves nothing', async ({ snapshot, reaches }, db) => {
    const before = await snapshot();
    const database = fresh();
    assert.notDeepEqual(await db.create(database), []);
    const made = await snapshot();
    assert.equal(await db.exists(database), true);
    assert.equal(await reaches(database, database.name), true);
    assert.deepEqual(await db.create(database), []);
    assert.equal(await snapshot(), made);
    await db.destroy(database);
    assert.equal(await db.exists(database), false);
    assert.equal(await snapshot(), before);
    await db.destroy(database);
  });

  suite('a changed password is set, and the old one is worth nothing', async ({ reaches }, db) => {
    const old = fresh();
    await db.create(old);
    const changed = { ...old, password: newPassword() };
    const changes = await db.create(changed);
    assert.equal(changes.length, 1);
    assert.match(changes[0]!, /password/);
    assert.deepEqual(await db.create(changed), []);
    assert.equal(await reaches(changed, old.name), true);
    assert.equal(await reaches(old, old.name), false);
    await db.destroy(old);
  });

  suite('a database that is not ours is untouched by create and by destroy', async (made, db) => {
    const database = fresh();
    await made.makeForeign(database.name);
    const before = await made.snapshot();
    await assert.rejects(db.create(database), { code: 'conflict' });
    assert.equal(await made.snapshot(), before);
    assert.equal(await db.exists(database), true);
    await db.destroy(database);
    assert.equal(await made.snapshot(), before);
  });

  suite('a user that is not ours is untouched by create and by destroy', async (made, db) => {
    const database = fresh();
    await made.makeForeignUser(database.user);
    const before = await made.snapshot();
    await assert.rejects(db.create(database), { code: 'conflict' });
    await db.destroy(database);
    assert.equal(await made.snapshot(), before);
  });

  suite('a site reaches its own database and no other', async ({ reaches }, db) => {
    // With an unescaped grant, the first would open the second: '_' stands for any character.
    const [one, other] = [fresh('a_b'), fresh('axb')];
    await db.create(one);
    await db.create(other);
    assert.equal(await reaches(one, one.name), true);
    assert.equal(await reaches(one, other.name), false);
    assert.equal(await reaches(other, one.name), false);
    await db.destroy(one);
    assert.equal(await reaches(other, other.name), true);
    await db.destroy(other);
  });

  suite('names that are words of SQL, hold odd characters or share their beginning are names', async (made, db) => {
    const before = await made.snapshot();
    const user = fresh().user;
    const names = [
      ...['real', 'select', 'Case', 'case', "o'brien", 'a"b', 'a`b', 'back\\slash', 'per%cent', 'semi;colon', 'ünï'],
      ...['a b', '--', '-rf', '$HOME', 'a.b', '1', '\\! id', 'averylongnameofasite_1', 'averylongnameofasite_2'],
    ];
    for (const [index, name] of names.entries()) {
      await db.create({ name, user: `${user}${index}`, password: newPassword() });
      assert.deepEqual(await db.exists({ name, user: `${user}${index}` }), true, name);
    }
    for (const [index, name] of names.entries()) {
      await db.destroy({ name, user: `${user}${index}` });
      assert.equal(await db.exists({ name, user: `${user}${index}` }), false, name);
    }
    assert.equal(await made.snapshot(), before);
  });

  suite('names that are too long or cannot be written are refused', async (made, db) => {
    const before = await made.snapshot();
    for (const name of ['', 'x'.repeat(65), 'a\nb', 'a\0b', 'a ', '\ud83d'])
      await assert.rejects(db.create({ ...fresh(), name }), { code: 'invalid' }, JSON.stringify(name));
    for (const user of ['', 'x'.repeat(81), 'a\nb', "a'b", 'a@b', 'a"b'])
      await assert.rejects(db.create({ ...fresh(), user }), { code: 'invalid' }, JSON.stringify(user));
    assert.equal(await made.snapshot(), before);
  });

  suite('whichever command fails, before or after it worked: destroy leaves nothing', async (made, db, t) => {
    const before = await made.snapshot();
    let points = 0;
    for (const when of ['before', 'after'] as const)
      for (let at = 0; ; at += 1) {
        const database = fresh();
        const machine = new FailingMachine(made.host.machine, at, when);
        const failed = await made
          .open({ ...made.host, machine: machine.machine })
          .create(database)
          .then(
            () => false,
            (error) => isPlanned(error),
          );
        await db.destroy(database);
        assert.equal(await made.snapshot(), before, `${when} command ${at}`);
        if (!failed) break;
        points += 1;
      }
    t.diagnostic(`${points} fault points`);
    assert.ok(points >= 4);
  });

  suite('whichever command of a destroy fails: the next destroy ends it', async (made, db) => {
    const before = await made.snapshot();
    for (let at = 0; ; at += 1) {
      const database = fresh();
      await db.create(database);
      const machine = new FailingMachine(made.host.machine, at, 'after');
      const failed = await made
        .open({ ...made.host, machine: machine.machine })
        .destroy(database)
        .then(
          () => false,
          (error) => isPlanned(error),
        );
      await db.destroy(database);
      assert.equal(await made.snapshot(), before);
      if (!failed) return;
    }
  });

  suite('no password is in an argument', async (made) => {
    const seen: string[] = [];
    const machine = watched(made.host.machine, (command) => void seen.push(command.argv.join(' ')));
    const database = fresh();
    const db = made.open({ ...made.host, machine });
    await db.create(database);
    await db.create({ ...database, password: new Secret('another-password') });
    await db.destroy(database);
    assert.ok(seen.length > 0);
    assert.doesNotMatch(seen.join('\n'), new RegExp(`another-password|${database.password.reveal()}`));
  });
}

const newPassword = (): Secret => new Secret(randomBytes(24).toString('base64url'));

/** Names of its own, so that tests may share a server. */
export function fresh(name = 'example_com'): Database {
  const id = randomBytes(4).toString('hex');
  return { name: `${name}_${id}`, user: `u_${id}`, password: newPassword() };
}

class Planned extends Error {}
export function isPlanned(error: unknown): true {
  if (error instanceof Planned) return true;
  throw error;
}

/** A machine on which the command with this number (and so many after it) fails, before or after it did its work. A pipe counts as one. */
export class FailingMachine {
  readonly machine: Machine;
  constructor(machine: Machine, failAt: number, when: 'before' | 'after', after = 0) {
    let count = 0;
    this.machine = intercepted(machine, async (_commands, go) => {
      const fails = count === failAt;
      const isDead = count > failAt && count <= failAt + after;
      count += 1;
      if (isDead || (fails && when === 'before')) throw new Planned();
      const output = await go();
      if (fails) throw new Planned();
      return output;
    });
  }
}

export const watched = (machine: Machine, see: (command: Command) => void): Machine =>
  intercepted(machine, (commands, go) => {
    for (const command of commands) see(command);
    return go();
  });

type Between = <Answer>(commands: readonly Command[], go: () => Promise<Answer>) => Promise<Answer>;
const intercepted = (machine: Machine, between: Between): Machine => ({
  ...withRun(machine, (command) => between([command], () => machine.run(command))),
  pipe: (pipe) => between(pipe.commands, () => machine.pipe(pipe)),
});

/** The server is down: a Problem that says what to do. */
export async function refusesWhenDown(db: Db): Promise<void> {
  for (const attempt of [
    () => db.verify(),
    () => db.exists(fresh()),
    () => db.create(fresh()),
    () => db.destroy(fresh()),
  ])
    await assert.rejects(attempt, (error) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.code, 'server-unreachable');
      assert.ok(error.hint);
      return true;
    });
}
