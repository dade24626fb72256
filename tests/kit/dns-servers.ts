import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { end, freePort, until } from './web.ts';

const exec = promisify(execFile);

/** A name server of our own with the zones of `zonesThere`, on loopback. */
export interface PrivateDns {
  /** Of DNS. */
  readonly port: number;
  /** Options of its engine. */
  readonly options: { readonly [name: string]: unknown };
  readonly secret: string;
  /** Every record of a zone but its SOA, as 'name type value' in order. */
  all(zone: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export const zonesThere = ['example.test', 'sub.example.test'] as const;

/** What somebody else has made there. */
export const foreignRecords = [
  ['example.test', 'NS', 'ns1.example.test.'],
  ['ns1.example.test', 'A', '127.0.0.1'],
  ['taken.example.test', 'A', '192.0.2.99'],
  ['text.example.test', 'TXT', '"of somebody"'],
  ['*.wild.example.test', 'A', '192.0.2.98'],
] as const;

const secret = 'c2VjcmV0LW9mLXRoZS10c2lnLWtleS1vZi10aGUtdGVzdHM=';

/** `more` are further zones: of a test that wants many. */
export async function startNamed(directory: string, more: readonly string[] = []): Promise<PrivateDns> {
  const home = join(directory, 'named');
  await mkdir(home, { recursive: true });
  const port = await freePort();
  const head = (zone: string): string =>
    `$TTL 300\n@ IN SOA ns1.${zone}. h.${zone}. 1 60 60 600 1\n@ IN NS ns1.example.test.\n`;
  const own = foreignRecords
    .filter(([, type]) => type !== 'NS')
    .map(([name, ...rest]) => `${name}. IN ${rest.join(' ')}\n`);
  const zones = [...zonesThere, ...more];
  for (const zone of zones)
    await writeFile(join(home, zone), head(zone) + (zone === 'example.test' ? own.join('') : ''));
  const stanza = (zone: string): string =>
    `zone "${zone}" { type primary; file "${home}/${zone}"; update-policy { grant aegir zonesub ANY; }; };`;
  await writeFile(
    join(home, 'named.conf'),
    `options { directory "${home}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no;
       pid-file "${home}/pid"; session-keyfile "${home}/session.key"; allow-transfer { 127.0.0.1; };
       dnssec-validation no; notify no; };
     controls { };
     key "aegir" { algorithm hmac-sha256; secret "${secret}"; };
     ${zones.map(stanza).join('\n')}`,
  );
  const child = spawn('/usr/sbin/named', ['-f', '-n', '1', '-c', join(home, 'named.conf')], { stdio: 'ignore' });
  await answering(child, 'named', port);
  const options = { host: '127.0.0.1', port, keyName: 'aegir', keySecret: secret };
  return { port, options, secret, all: (zone) => transferred(port, zone), stop: () => end(child) };
}

async function answering(child: ChildProcess, name: string, port: number): Promise<void> {
  await until(`${name} answers`, child, async () => {
    const asked = ['@127.0.0.1', '-p', `${port}`, '+time=1', '+tries=1', '+short', 'example.test', 'SOA'];
    return (await exec('dig', asked).catch(() => ({ stdout: '' }))).stdout.includes(' ');
  });
}

async function transferred(port: number, zone: string): Promise<readonly string[]> {
  const { stdout } = await exec('dig', ['@127.0.0.1', '-p', `${port}`, '+noall', '+answer', '+noidnout', zone, 'AXFR']);
  const lines = stdout.split('\n').map((line) => line.split(/\s+/));
  return lines
    .flatMap(([name = '', , , type = '', ...rest]) =>
      type === '' || type === 'SOA' ? [] : [`${name} ${type} ${rest.join(' ')}`],
    )
    .toSorted();
}

export async function startPowerDns(directory: string, more: readonly string[] = []): Promise<PrivateDns> {
  const home = join(directory, 'pdns');
  await mkdir(home, { recursive: true });
  const [port, webPort] = [await freePort(), await freePort()];
  const file = join(home, 'pdns.sqlite3');
  const database = new DatabaseSync(file);
  database.exec(readFileSync('/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql', 'utf8'));
  database.close();
  const settings = {
    ...{ 'local-address': '127.0.0.1', 'local-port': port, 'socket-dir': home, daemon: 'no', guardian: 'no' },
    ...{ launch: 'gsqlite3', 'gsqlite3-database': file, 'gsqlite3-pragma-synchronous': 0 },
    ...{ api: 'yes', 'api-key': secret, webserver: 'yes', 'webserver-address': '127.0.0.1', 'webserver-port': webPort },
    ...{ 'cache-ttl': 0, 'query-cache-ttl': 0, 'negquery-cache-ttl': 0, 'zone-cache-refresh-interval': 0 },
  };
  await writeFile(
    join(home, 'pdns.conf'),
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const child = spawn('/usr/sbin/pdns_server', [`--config-dir=${home}`], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${webPort}`;
  const api = (path: string, method = 'GET', body?: object): Promise<Response> =>
    fetch(`${url}/api/v1/servers/localhost${path}`, {
      ...{ method, headers: { 'X-API-Key': secret } },
      ...(body && { body: JSON.stringify(body) }),
    });
  await until('PowerDNS answers', child, () =>
    api('').then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  for (const zone of [...zonesThere, ...more])
    await api('/zones', 'POST', {
      ...{ name: `${zone}.`, kind: 'Native', nameservers: ['ns1.example.test.'] },
      rrsets: zone === 'example.test' ? foreignRecords.filter(([, type]) => type !== 'NS').map(rrset) : [],
    });
  return {
    ...{ port, secret, options: { url, apiKey: secret, port }, stop: () => end(child) },
    async all(zone) {
      const { rrsets } = (await (await api(`/zones/${zone}.`)).json()) as ZoneAnswer;
      const others = rrsets.filter(({ type }) => type !== 'SOA');
      return others
        .flatMap(({ name, type, records }) => records.map(({ content }) => `${name} ${type} ${content}`))
        .toSorted();
    },
  };
}

interface ZoneAnswer {
  readonly rrsets: readonly {
    readonly name: string;
    readonly type: string;
    readonly records: readonly { readonly content: string }[];
  }[];
}

const rrset = ([name, type, content]: (typeof foreignRecords)[number]): object => ({
  ...{ name: `${name}.`, type, ttl: 300, records: [{ content, disabled: false }] },
});
