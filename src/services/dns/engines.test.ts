import { startCloudflare } from '../../../tests/kit/cloudflare.ts';
import { onRealDns, onSimulatedDns } from '../../../tests/kit/dns-benches.ts';
import { type DnsBench, dnsContract, dnsFaults, refusesWrongKey } from '../../../tests/kit/dns-contract.ts';
import { startNamed, startPowerDns } from '../../../tests/kit/dns-servers.ts';
import { bind } from './bind.ts';
import { cloudflare } from './cloudflare.ts';
import { powerdns } from './powerdns.ts';

type With = (action: (bench: DnsBench) => Promise<void>) => Promise<void>;

const onNamed: With = (action) => onRealDns(bind, startNamed, action);
const onPowerDns: With = (action) => onRealDns(powerdns, startPowerDns, action);
const onCloudflare: With = (action) => onRealDns(cloudflare, startCloudflare, action);

dnsContract('bind in memory', onSimulatedDns);
dnsContract('bind', onNamed);
dnsContract('powerdns', onPowerDns);
dnsContract('cloudflare', onCloudflare);
dnsFaults('bind in memory', onSimulatedDns);
dnsFaults('powerdns', onPowerDns);
refusesWrongKey('bind', { keySecret: 'YW5vdGhlci1rZXk=' }, onNamed);
refusesWrongKey('powerdns', { apiKey: 'another' }, onPowerDns);
refusesWrongKey('cloudflare', { apiToken: 'another' }, onCloudflare);
