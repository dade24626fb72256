import { onHost, script } from './lab.ts';

/** Makes a host of the lab the name server of an empty zone that takes updates with the key 'aegir'. Answers its address. */
export async function nameServer(host: string, zone: string, keySecret: string): Promise<string> {
  const address = (await onHost(host, ['hostname', '-I'])).trim();
  await script(host, setUp, zone, keySecret, address);
  return address;
}

const setUp = `cat >/etc/bind/named.conf.local <<END
key "aegir" { algorithm hmac-sha256; secret "$2"; };
zone "$1" { type master; file "/var/cache/bind/$1"; update-policy { grant aegir zonesub ANY; }; };
END
rm -f /var/cache/bind/"$1"*
printf '$TTL 60\\n@ SOA dns1.%s. root 1 60 60 60 60\\n@ NS dns1.%s.\\ndns1 A %s\\n' "$1" "$1" "$3" >/var/cache/bind/"$1"
chown bind:bind /var/cache/bind/"$1"
systemctl restart named`;
