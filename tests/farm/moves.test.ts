import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import type { HubWithWorker, TaskEnding } from '../kit/hub-with-worker.ts';
import { onHost, script, tryOnHost } from '../kit/lab.ts';
import { cuts, type Fault, full, killing, restarts, root, steps, type Web } from '../kit/lab-faults.ts';
import { addServer, labHub } from '../kit/lab-hub.ts';
import { labWorker } from '../kit/lab-worker-process.ts';
import { sample } from '../kit/real-proof.ts';

// A site moves from one web server to another while somebody visits it; then whatever fails and whenever, it has moved or is as before.

const name = 'www.example.com';
const zone = 'example.com';
const key = { keyName: 'aegir', keySecret: randomBytes(32).toString('base64') };
/** Resolvers of the client keep what they were told for less than the records say. */
const keptSeconds = 5;
const servers = ['web1', 'web2'] as const;
const platformOn = { web1: 'wp1', web2: 'wp2' } as const;

async function farmOf(t: TestContext): Promise<HubWithWorker> {
  const farm = await labHub(t, { awayMaxMs: 5 * 60_000 });
  await script('dns1', dnsSetUp, zone, key.keySecret);
  await Promise.all([
    ...servers.map(async (host) => {
      const address = (await onHost(host, ['hostname', '-I'])).trim();
      await addServer(farm, host, [{ type: 'http', engine: 'nginx', options: { publicAddresses: [address] } }]);
    }),
    addServer(farm, 'db1', [{ type: 'db', engine: 'mysql' }]),
    addServer(farm, 'dns1', [{ type: 'dns', engine: 'bind', options: { ...key, ttlSeconds: 60 } }]),
  ]);
  for (const server of servers) {
    const source = { type: 'debian', package: 'wordpress' } as const;
    const { task } = await farm.call('platform create', { body: { name: platformOn[server], server, root, source } });
    await farm.done(task);
    // A disk of its own, that can be full without filling that of this machine.
    await script(
      server,
      'd=$1/sites; mkdir /tmp/kept; cp -a $d/. /tmp/kept; mount -t tmpfs -o size=400m,mode=755 tmpfs $d; chown aegir:aegir $d; cp -a /tmp/kept/. $d',
      root,
    );
  }
  return farm;
}

const dnsSetUp = `cat >/etc/bind/named.conf.local <<END
key "aegir" { algorithm hmac-sha256; secret "$2"; };
zone "$1" { type master; file "/var/cache/bind/$1"; update-policy { grant aegir zonesub ANY; }; };
END
printf '$TTL 60\\n@ SOA dns1.%s. root 1 60 60 60 60\\n@ NS dns1.%s.\\ndns1 A 10.77.0.14\\n' "$1" "$1" >/var/cache/bind/"$1"
chown bind:bind /var/cache/bind/"$1"
systemctl restart named`;

/** WordPress with a title, a picture, code of its own and a page. */
async function putInUse({ call, done }: HubWithWorker): Promise<void> {
  const body = { name, platform: 'wp1', dbServer: 'db1', dns: 'dns1', title: 'On the move', email: 'a@example.com' };
  await done((await call('site create', { body })).task);
  await script('web1', usage, `${root}/sites/${name}`);
}
const usage = `cd "$1"
runuser -u www-data -- sh -c 'mkdir -p files/2026 && head -c 3000000 /dev/urandom >files/2026/picture.png && for i in $(seq 300); do echo $i >files/2026/$i.txt; done'
ls -d modules plugins 2>/dev/null || true`;

/** What a visitor sees who asks the DNS for it: title, status, and the sum of the picture. */
async function visit(path = '/'): Promise<string> {
  const { stdout } = await tryOnHost('db2', 'sh', '-c', visitor, 'sh', name, path);
  return stdout.trim();
}
const visitor = `address=$(dig +short @dns1 "$1" | tail -n 1)
[ -n "$address" ] || { echo 'no address'; exit; }
curl --silent --max-time 20 --resolve "$1:80:$address" "http://$1$2" --write-out '\\n%{http_code}' >/tmp/page
if [ "$2" = / ]; then sed -n '/<title>/s/.*<title>\\([^<]*\\).*/\\1/p; $p' /tmp/page | tr '\\n' ' '; else md5sum </tmp/page; fi`;
const picture = () => visit(`/sites/${name}/files/2026/picture.png`);

/** Asks all the time, by what the DNS says and what it said at first, until it is stopped. Answers how often which status was seen. */
function client(): { stop(): Promise<Readonly<Record<string, number>>> } {
  const running = script('db2', asking, name);
  return {
    async stop() {
      await script('db2', 'touch /tmp/enough');
      const counted: Record<string, number> = {};
      for (const line of (await running).trim().split('\n')) counted[line] = (counted[line] ?? 0) + 1;
      return counted;
    },
  };
}
const asking = `rm -f /tmp/enough
while [ ! -e /tmp/enough ]; do
  now=$(date +%s)
  [ "$now" -lt "$\{until:-0}" ] || { address=$(dig +short @dns1 "$1" | tail -n 1); until=$((now + ${keptSeconds})); }
  curl --silent --max-time 20 --output /dev/null --resolve "$1:80:$address" "http://$1/" --write-out '%{http_code}\\n' || echo "no answer"
  sleep 0.1
done`;

const ask = async ({ call }: HubWithWorker, task: string, args: object = {}): Promise<string> =>
  (await call('site task', { params: { name }, body: { name: task, args } as never })).task.id;
const migrate = (farm: HubWithWorker, to: Web, keepOldSeconds = 0): Promise<string> =>
  ask(farm, 'site migrate', { platform: platformOn[to], keepOldSeconds });

const find = 'find "$1" /var/aegir/config -mindepth 1 -printf "%P %y %m %u %g\\n" | grep -v "\\.lock\\b" | sort';
const accounts = `select concat(user, '@', host) from mysql.user where host <> 'localhost'`;

/** All that there is of the site but its content, where it is and where it is not. */
async function places(): Promise<Readonly<Record<string, string>>> {
  const [web1, web2, users, databases] = await Promise.all([
    script('web1', find, `${root}/sites`),
    script('web2', find, `${root}/sites`),
    onHost('db1', ['mariadb', '-BNe', accounts]),
    onHost('db1', ['mariadb', '-BNe', "show databases like '%example%'"]),
  ]);
  return {
    web1,
    web2,
    accounts: String(users.trim().split('\n').length),
    databases: String(databases.trim().split('\n').length),
  };
}

/** Where the site is, by the hub and by what lies there; fails if anything of it is in two places. */
async function placeOf({ call }: HubWithWorker): Promise<Web> {
  const { platform } = await call('site get', { params: { name } });
  const at = platform === 'wp1' ? 'web1' : 'web2';
  const there = await places();
  const other = at === 'web1' ? 'web2' : 'web1';
  assert.doesNotMatch(there[other] ?? '', /example|copy-|former-|removed-/, `nothing of it is left on ${other}`);
  assert.match(there[at] ?? '', /^files\/2026|example\.com\/files\/2026\/picture\.png/m);
  assert.doesNotMatch(there[at] ?? '', /copy-|former-|removed-/);
  assert.deepEqual([there['accounts'], there['databases']], ['1', '1']);
  return at;
}

const currentStep = async ({ database }: HubWithWorker, task: string): Promise<string> => {
  const { rows } = await sql<{ step: string }>`
    select data->>'step' as step from event where task_id = ${task} and data->>'type' = 'step.started'
    order by seq desc limit 1`.execute(database.db);
  return rows[0]?.step ?? '';
};

/** One fault in one step of one migrate, to whichever server it is not on. */
async function struck(farm: HubWithWorker, { step, what, blow, awayMs, heal }: Fault): Promise<string> {
  const at = await placeOf(farm);
  const to = at === 'web1' ? 'web2' : 'web1';
  const begun = performance.now();
  let isStruck = false;
  const healed = Promise.withResolvers<void>();
  const task = await migrate(farm, to);
  farm.before = async () => {
    if (isStruck || (await currentStep(farm, task)) !== step) return;
    isStruck = true;
    await blow(at, to);
    if (awayMs !== Number.POSITIVE_INFINITY)
      setTimeout(() => healed.resolve(heal(at, to).then(() => undefined)), awayMs);
  };
  const ended = await farm.waitFor(task);
  farm.before = () => undefined;
  if (awayMs === Number.POSITIVE_INFINITY) await heal(at, to);
  else if (isStruck) await healed.promise;
  assert.ok(isStruck, `${step}: ${what}`);
  await demandWell(farm, ended, { at, to }, `${step}: ${what}`);
  return `${step}: ${what}: ${told(ended)} (${Math.round((performance.now() - begun) / 1000)} s)`;
}

const told = ({ status, problem }: TaskEnding): string =>
  status === 'done' ? 'moved' : `as before, ${problem?.message.replace(/^(.{50}).{20,}(.{80})$/s, '$1 … $2')}`;

/** It has moved, or is as before and the task says why; either way it answers as it did, and is nowhere else. */
async function demandWell(
  farm: HubWithWorker,
  ended: TaskEnding,
  { at, to }: { readonly at: Web; readonly to: Web },
  what: string,
): Promise<void> {
  assert.ok(
    ended.status === 'done' || (ended.status === 'failed' && ended.problem),
    `${what}: ${ended.status} ${JSON.stringify(ended.problem)}`,
  );
  assert.equal(await placeOf(farm), ended.status === 'done' ? to : at, what);
  assert.match(await visit(), /^On the move 200$/, what);
}

/** The process of the worker is killed in this step, and another takes over. */
async function workerKilled(t: TestContext, farm: HubWithWorker, step: string): Promise<string> {
  const at = await placeOf(farm);
  const to = at === 'web1' ? 'web2' : 'web1';
  const first = await labWorker(t, farm);
  const task = await migrate(farm, to);
  while ((await currentStep(farm, task)) !== step) await new Promise((done) => setTimeout(done, 20));
  first.kill('SIGKILL');
  const second = await labWorker(t, farm);
  await farm.loseWorkers();
  const ended = await farm.waitFor(task);
  second.kill('SIGTERM');
  await demandWell(farm, ended, { at, to }, `${step}: worker killed`);
  return `${step}: the worker is killed: ${told(ended)}`;
}

const isAll = (process.env['AEGIR_TEST_ALL_FAULTS'] ?? '') !== '';
/** So many times as many as usual. */
const times = Number(process.env['AEGIR_TEST_FAULTS'] ?? 1);
const some = <One>(list: readonly One[], most: number): readonly One[] =>
  sample(list.length, isAll ? Number.POSITIVE_INFINITY : most).flatMap((at) => list.slice(at, at + 1));

test('a site moves to another web server while somebody visits it, and whatever fails it has moved or is as before', {
  timeout: 60 * 60_000,
}, async (t) => {
  const farm = await farmOf(t);
  await putInUse(farm);
  assert.equal(await placeOf(farm), 'web1');
  const before = { page: await visit(), picture: await picture() };
  assert.match(before.page, /^On the move 200$/);

  const visiting = client();
  const ended = await farm.waitFor(await migrate(farm, 'web2', 2 * keptSeconds));
  const seen = await visiting.stop();
  assert.equal(ended.status, 'done', JSON.stringify(ended.problem));
  console.log(`# while it moved a client saw ${JSON.stringify(seen)}`);
  assert.deepEqual(
    Object.keys(seen).filter((status) => !/^(200|503)$/.test(status)),
    [],
    'nothing but the site and the maintenance page',
  );
  assert.equal(await placeOf(farm), 'web2');
  assert.deepEqual({ page: await visit(), picture: await picture() }, before);
  assert.ok(
    ended.events.some(
      (event) => event.type === 'note' && event.text.startsWith('files go from web1 to web2 through the worker'),
    ),
  );
  const login = await farm.done(await ask(farm, 'site login'));
  assert.equal(login.status, 'done');

  // A disk that stays full is what no patience helps against: always tried, so that an undo is seen.
  const [hopeless, ...laterFull] = full;
  assert.ok(hopeless);
  const points = [
    ...some(cuts, 2 * times),
    ...some(killing, times),
    hopeless,
    ...some(laterFull, times - 1),
    ...some(restarts, times),
  ];
  const ends: string[] = [];
  for (const fault of points) ends.push(await struck(farm, fault));
  assert.ok(
    ends.some((end) => end.includes(': as before, ')),
    `nothing was undone: ${ends.join('; ')}`,
  );
  const without = await farm.again({ workers: 0, awayMaxMs: 5 * 60_000 });
  const killed = some(steps, times);
  for (const step of killed) ends.push(await workerKilled(t, without, step));
  console.log(
    `# ${ends.length} of ${cuts.length + killing.length + full.length + restarts.length + steps.length} faults tried:\n# ${ends.join('\n# ')}`,
  );
  assert.deepEqual({ page: await visit(), picture: await picture() }, before);
});
