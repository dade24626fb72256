import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import type { Diagnosis } from '../../src/tasks/findings.ts';
import { lab, script } from '../kit/lab.ts';
import { addServer, labHub } from '../kit/lab-hub.ts';

/** What breaks a server, and what puts it right again; what is said of it, and what to do. */
const broken = [
  {
    what: 'sudo without our rules',
    breaks: 'mv /etc/sudoers.d/aegir /root/sudoers',
    mends: 'mv /root/sudoers /etc/sudoers.d/aegir',
    finding: /^aegir may not run by sudo: \/usr\/sbin\/nginx -t \(as root\); .*php/,
    hint: /aegir server bootstrap web2 \| ssh root@HOST sh/,
    fails: /sudo: a password is required/,
  },
  {
    what: 'no sudo at all',
    breaks: 'mv /usr/bin/sudo /root/sudo',
    mends: 'mv /root/sudo /usr/bin/sudo',
    finding: /^sudo is missing/,
    hint: /apt-get install -y sudo/,
    fails: /sudo/,
  },
  {
    what: 'a full disk',
    breaks: `mkdir /mnt/small; mount -t tmpfs -o size=4m small /mnt/small; cp -a /var/aegir/. /mnt/small
      mount --move /mnt/small /var/aegir; rm -r /var/aegir/config/server_web2
      dd if=/dev/zero of=/var/aegir/backups/full bs=64k status=none || true`,
    mends: 'umount /var/aegir; rmdir /mnt/small',
    finding: /^only 0 MB of disk are free/,
    hint: /Make room/,
    fails: /No space left on device/,
  },
  {
    what: 'a clock that is wrong',
    breaks: `printf '#!/bin/sh\\nexec faketime -f +10m /usr/bin/date "$@"\\n' >/usr/local/bin/date; chmod 755 /usr/local/bin/date`,
    mends: 'rm /usr/local/bin/date',
    finding: /^its clock is (?:59[5-9]|60[0-5]) s ahead of that of the hub's machine/,
    hint: /timedatectl set-ntp true/,
    fails: null,
  },
  {
    what: 'no PHP',
    breaks: 'mv /usr/bin/php /root/php',
    mends: 'mv /root/php /usr/bin/php',
    finding: /^PHP is missing/,
    hint: /apt-get install -y php-cli php-fpm/,
    fails: null,
  },
  {
    what: 'PHP-FPM that does not run',
    breaks: 'systemctl stop "$(basename /lib/systemd/system/php*-fpm.service)"',
    mends: 'systemctl start "$(basename /lib/systemd/system/php*-fpm.service)"; ls /run/php/*.sock',
    finding: /^PHP-FPM does not run/,
    hint: /systemctl start php8\.\d-fpm$/,
    fails: null,
  },
  {
    what: 'a missing program',
    breaks: 'mv /usr/bin/zstd /root/zstd',
    mends: 'mv /root/zstd /usr/bin/zstd',
    finding: /^zstd is missing/,
    hint: /apt-get install -y zstd/,
    fails: null,
  },
] as const;

after(() => lab('heal', 'web2'));

async function verified(t: TestContext) {
  const farm = await labHub(t);
  await addServer(farm, 'web2', [{ type: 'http', engine: 'nginx' }]);
  const verify = async () => {
    const body = { name: 'server verify' };
    const ended = await farm.waitFor((await farm.call('server task', { params: { name: 'web2' }, body })).task);
    const server = await farm.call('server get', { params: { name: 'web2' } });
    return { ...ended, diagnosis: server.diagnosis as Diagnosis }; // server verify has written it
  };
  /** Whatever comes of it, the server is put right again. */
  const verifyThen = async (mend: () => Promise<string>) => {
    try {
      return await verify();
    } finally {
      await mend();
    }
  };
  return { farm, verify, verifyThen };
}

test('server verify tells what is on a server, and offers it', async (t) => {
  const { verify } = await verified(t);
  const { diagnosis } = await verify();
  assert.match(diagnosis.system, /Debian GNU\/Linux/);
  assert.deepEqual(diagnosis.warnings, []);
  assert.ok(Math.abs(diagnosis.clockAheadSeconds ?? 99) <= 3);
  assert.match(diagnosis.php ?? '', /^8\./);
  assert.deepEqual(
    [22, 80].filter((port) => !diagnosis.ports.includes(port)),
    [],
  );
  const programs = diagnosis.programs.map(({ engine }) => engine);
  for (const engine of ['nginx', 'apache', 'mysql', 'postgresql', 'bind', 'powerdns'])
    assert.ok(programs.includes(engine), `${engine} in ${programs}`);
  assert.deepEqual(
    diagnosis.offers.filter(({ type }) => type === 'http'),
    [],
  );
});

test('server verify says of whatever is wrong on a server how to mend it', async (t) => {
  const { verify, verifyThen } = await verified(t);
  for (const { what, breaks, mends, finding, hint, fails } of broken) {
    await script('web2', breaks);
    const { status, problem, diagnosis } = await verifyThen(() => script('web2', mends));
    const found = diagnosis.warnings.find((one) => finding.test(one.finding));
    assert.ok(found, `${what}: ${JSON.stringify(diagnosis.warnings)}`);
    assert.match(found.hint, hint, what);
    assert.equal(status, fails ? 'failed' : 'done', `${what}: ${JSON.stringify(problem)}`);
    if (fails) assert.match([problem?.message, ...(problem?.causes ?? [])].join(' '), fails, what);
  }
  const { status, diagnosis } = await verify();
  assert.deepEqual([status, diagnosis.warnings], ['done', []]);
});

test('a server that cannot be reached is told apart: no such host, nobody there, no ssh', async (t) => {
  const { farm, verify, verifyThen } = await verified(t);
  const { call, waitFor } = farm;
  const strange = await waitFor((await call('server create', { body: { name: 'x1', host: 'x1.invalid' } })).task);
  assert.match(strange.problem?.message ?? '', /there is no host x1\.invalid/);
  assert.match(strange.problem?.hint ?? '', /aegir server set x1 --host NAME/);

  await script('web2', 'systemctl stop ssh.service; pkill -u aegir sshd || true');
  const refused = await verifyThen(() => script('web2', 'systemctl start ssh.service'));
  assert.match(refused.problem?.message ?? '', /no ssh server answers on web2/);
  assert.match(refused.problem?.hint ?? '', /systemctl start ssh/);

  await script('web2', 'pkill -u aegir sshd || true');
  await lab('cut', 'web2');
  const silent = await verifyThen(() => lab('heal', 'web2'));
  assert.match(silent.problem?.message ?? '', /web2 \(web2\) does not answer/);
  assert.match(silent.problem?.hint ?? '', /switched on/);
  assert.equal((await verify()).status, 'done');
});
