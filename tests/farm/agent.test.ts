import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { serve } from '../../src/hub/listen.ts';
import { fillProgram } from '../../src/setup/program-copy.ts';
import type { HubWithWorker, TaskEnding } from '../kit/hub-with-worker.ts';
import { copyToHost, lab, onHost, script, tryOnHost } from '../kit/lab.ts';
import { addServer, labHub } from '../kit/lab-hub.ts';
import { until } from '../kit/machines.ts';

// An agent as a person installs it (docs/agents.md): on a server of its own, with a hub behind HTTPS.

const name = 'www.example.com';
const hubAddress = '10.77.0.1';

/** The hub behind HTTPS, as a proxy in front of it would have it. Answers its address and the file with its certificate. */
async function overTls(t: TestContext, { hub }: HubWithWorker, directory: string) {
  const listening = await serve(hub, { address: '127.0.0.1', port: 0, socketPath: join(directory, 'hub.sock') });
  const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-days', '2'],
    ...['-subj', '/CN=hub', '-addext', `subjectAltName=IP:${hubAddress}`],
  ]);
  const options = { key: await readFile(key), cert: await readFile(certificate) };
  const front = createServer(options, (asked, answer) => {
    const { method, url, headers } = asked;
    const passed = httpRequest(new URL(url ?? '/', listening.url), { method, headers }, (from) => {
      answer.writeHead(from.statusCode ?? 502, from.headers);
      from.pipe(answer);
    });
    passed.once('error', () => answer.destroy());
    answer.once('close', () => passed.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((done) => front.listen(0, hubAddress, done));
  t.after(async () => {
    front.closeAllConnections();
    front.close();
    await listening.close();
  });
  const bound = front.address();
  assert.ok(bound !== null && typeof bound === 'object');
  return { url: `https://${hubAddress}:${bound.port}`, certificate };
}

/** What docs/agents.md says, on web1. */
async function installAgent(farm: HubWithWorker, { url, certificate }: { url: string; certificate: string }) {
  const directory = await mkdtemp(join(tmpdir(), 'agent-'));
  try {
    await fillProgram(directory);
    const manifest = join(directory, 'package.json');
    const said = JSON.parse(await readFile(manifest, 'utf8')) as object; // our own
    await writeFile(manifest, JSON.stringify({ ...said, version: farm.hub.version }));
    await copyToHost('web1', directory, '/usr/local/lib/aegir', 'root');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  const { credential } = await farm.call('agent enrol', { params: { name: 'web1' } });
  await onHost(
    'web1',
    ['sh', '-euc', 'install -d /etc/aegir && cat >/etc/aegir/hub.pem'],
    await readFile(certificate, 'utf8'),
  );
  await onHost(
    'web1',
    ['sh', '-euc', 'umask 077 && cat >/etc/aegir/agent && chown aegir /etc/aegir/agent'],
    credential,
  );
  await onHost(
    'web1',
    ['sh', '-euc', 'cat >/etc/systemd/system/aegir-agent.service && systemctl start aegir-agent'],
    unit(url),
  );
}
const unit = (url: string): string => `[Service]
User=aegir
Environment=AEGIR_HUBS=${url} NODE_EXTRA_CA_CERTS=/etc/aegir/hub.pem AEGIR_LOAD_FACTOR=1000
ExecStart=/usr/local/lib/aegir/node_modules/.bin/node /usr/local/lib/aegir/src/main.ts agent
Restart=always
TimeoutStopSec=90
`;

const workersOf = ({ events }: TaskEnding): readonly string[] =>
  events.flatMap((event) => (event.type === 'task.started' ? [event.worker] : []));

const titleOnWeb1 = async (): Promise<string> => {
  const words = ['curl', '-s', '--max-time', '20', '--resolve', `${name}:80:127.0.0.1`, `http://${name}/`];
  return /<title>([^<&]*)/.exec((await tryOnHost('web1', ...words)).stdout)?.[1]?.trim() ?? '';
};

async function asked({ call, waitFor }: HubWithWorker, task: string, args: object = {}): Promise<TaskEnding> {
  const { task: id } = await call('site task', { params: { name }, body: { name: task, args } as never });
  const ended = await waitFor(id);
  assert.equal(ended.status, 'done', `${task}: ${JSON.stringify(ended.problem)}`);
  return ended;
}

test('an agent on a server of its own does what is to be done there, over HTTPS, also when its network or itself is gone meanwhile', {
  timeout: 15 * 60_000,
}, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'h-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const farm = await labHub(t, { awayMaxMs: 5 * 60_000 });
  const { call, done } = farm;
  const front = await overTls(t, farm, directory);
  await script('web1', 'systemctl start mariadb');
  await addServer(farm, 'web1', [
    { type: 'http', engine: 'nginx' },
    { type: 'db', engine: 'mysql' },
  ]);
  await installAgent(farm, front);
  await until(async () => (await call('agent list', {})).items.some(({ processes }) => processes > 0));

  const source = { type: 'debian', package: 'wordpress' } as const;
  const root = '/var/aegir/platforms/wp';
  await done((await call('platform create', { body: { name: 'wp', server: 'web1', root, source } })).task);
  const site = { name, platform: 'wp', dbServer: 'web1', title: 'Close by', email: 'a@example.com' };
  const made = await done((await call('site create', { body: site })).task);
  assert.match(workersOf(made).join(), /^agent-web1-\d+/);
  assert.equal(await titleOnWeb1(), 'Close by');

  const backup = asked(farm, 'site backup');
  await lab('cut', 'web1');
  await new Promise((elapsed) => setTimeout(elapsed, 3000));
  await lab('heal', 'web1');
  assert.equal((await backup).status, 'done');

  const verify = asked(farm, 'site verify');
  await script('web1', 'systemctl kill --signal=KILL aegir-agent');
  assert.equal((await verify).status, 'done');
  await until(async () => (await call('agent list', {})).items.some(({ processes }) => processes > 0));
  assert.match(workersOf(await asked(farm, 'site disable')).join(), /^agent-web1-/);
  assert.notEqual(await titleOnWeb1(), 'Close by');

  // The key is nowhere but in its file, and what it was given of secrets is in no list of processes.
  const { stdout } = await tryOnHost(
    'web1',
    'sh',
    '-c',
    'tr "\\0" " " </proc/"$(systemctl show -P MainPID aegir-agent)"/environ',
  );
  assert.match(stdout, /AEGIR_HUBS=https:/);
  assert.doesNotMatch(stdout, /aegir-agent-|credential/i);
});
