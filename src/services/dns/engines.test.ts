import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCloudflare } from '../../../tests/kit/cloudflare.ts';
import { onRealDns, onSimulatedDns } from '../../../tests/kit/dns-benches.ts';
import {
  type DnsBench,
  dnsContract,
  dnsFaults,
  refusesWrongKey,
  tellsWhoLacksProof,
} from '../../../tests/kit/dns-contract.ts';
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
tellsWhoLacksProof('bind', onNamed);
tellsWhoLacksProof('powerdns', onPowerDns);

test('bind: who answers the world for a zone is told by the zone', () =>
  onRealDns(bind, startNamed, async (bench) => {
    const [name, texts] = ['_acme-challenge.www.example.test', ['one']];
    assert.deepEqual(await bench.open().missingTexts(name, texts), { elsewhere: ['127.0.0.1'], silent: [] });
    await bench.open().putTexts(name, texts);
    assert.deepEqual(await bench.open().missingTexts(name, texts), { elsewhere: [], silent: [] });
  }));
