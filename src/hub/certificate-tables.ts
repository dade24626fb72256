import type { GeneratedAlways } from 'kysely';
import type {
  CertificateKind,
  CertificateOrder,
  CertificateStatus,
  ChallengeKind,
  LeftOut,
} from '../model/certificate.ts';
import type { Default, Id, JsonDefault, Maybe, MaybeJson, MaybeTime, Time } from './columns.ts';

export interface CertificateTables {
  certificate: CertificateTable;
  acmeAccount: AcmeAccountTable;
}

interface AcmeAccountTable {
  directory: string;
  key: Buffer;
}

interface CertificateTable {
  id: GeneratedAlways<Id>;
  name: string;
  status: Default<CertificateStatus>;
  clientId: Id;
  kind: CertificateKind;
  names: Maybe<string[]>;
  challenge: Maybe<ChallengeKind>;
  dnsServiceId: Maybe<Id>;
  chain: Maybe<string>;
  key: Maybe<Buffer>;
  covered: Default<string[]>;
  issuer: Maybe<string>;
  notBefore: MaybeTime;
  notAfter: MaybeTime;
  leftOut: JsonDefault<readonly LeftOut[]>;
  acmeOrder: MaybeJson<CertificateOrder>;
  comingKey: Maybe<Buffer>;
  createdAt: Time;
}
