import { readFile } from 'node:fs/promises';
import { onHost, script } from './lab.ts';

/** A certification authority on a host of the lab, which asks web servers at port 80 and the name server `dns`. */
export interface LabPebble {
  readonly directory: string;
  /** Certificate of its own server, in PEM. */
  readonly trust: string;
  /** Who trusts this one trusts what it issues. */
  root(): Promise<string>;
  /** All that it has been asked and has done, until now. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

/** This machine's pebble, as the hosts have none. What it issues is good for so many seconds. */
export async function startLabPebble(host: string, dns: string, validSeconds: number): Promise<LabPebble> {
  const address = (await onHost(host, ['hostname', '-I'])).trim();
  await onHost(host, ['sh', '-c', 'base64 -d >/root/pebble'], (await readFile('/usr/bin/pebble')).toString('base64'));
  const trust = await script(host, begin, address, dns, String(validSeconds));
  const root = (): Promise<string> =>
    script(host, 'curl --silent --insecure --fail "https://$1:15000/roots/0"', address);
  return {
    ...{ directory: `https://${address}:14000/dir`, trust, root },
    log: () => script(host, 'cat /root/pebble.log'),
    stop: async () => void (await script(host, 'systemctl stop pebble; rm -f /root/pebble*')),
  };
}

/** As in tests/kit/pebble.ts: it does not sleep as a busy authority would, and refuses some requests, as real ones do. */
const begin = `cd /root
chmod 755 pebble
openssl req -x509 -newkey rsa:2048 -nodes -keyout pebble.key -out pebble.pem -subj /CN=pebble -addext "subjectAltName=IP:$1" \\
  -days 2 -config /dev/null 2>/dev/null
cat >pebble.json <<END
{"pebble": {"listenAddress": "$1:14000", "managementListenAddress": "$1:15000", "certificate": "/root/pebble.pem",
  "privateKey": "/root/pebble.key", "httpPort": 80, "tlsPort": 1, "certificateValidityPeriod": $3}}
END
systemd-run --quiet --unit=pebble -E PEBBLE_VA_NOSLEEP=1 -E PEBBLE_WFE_NONCEREJECT=15 -p StandardOutput=file:/root/pebble.log \\
  -p StandardError=file:/root/pebble.log /root/pebble -config /root/pebble.json -dnsserver "$2"
for try in $(seq 200); do
  curl --silent --insecure --fail --output /dev/null "https://$1:14000/dir" && break
  sleep 0.1
done
cat pebble.pem`;
