/** Whom a happening concerns unless they have chosen otherwise. */
type Concerned = 'clients' | 'administrators' | 'asker';

interface Kind {
  readonly about: string;
  /** - clients: who has a role for the very client whose it is. - asker: who asked for the batch, or has ordered. */
  readonly byDefault: readonly Concerned[];
  /** Of what comes often, and is for programs: nobody has a mail of it without having asked for that. */
  readonly noMail?: true;
}

/** What people are told of. Another kind is a line here, and a `happened` where it happens. */
export const kinds = {
  'task failed': { about: 'A task has failed, and what it had changed is put back', byDefault: ['clients'] },
  'task stuck': {
    about: 'A task is stuck: a person has to look before anything else is done to its subject',
    byDefault: ['administrators'],
  },
  'drift found': {
    about: 'Something on a server differs from what the hub wrote for a site or platform, and has not been seen before',
    byDefault: ['administrators'],
  },
  'staged move failed': {
    about:
      'A move in stages has failed and puts the records of its site back, or waits for a person to say how it goes on',
    byDefault: ['clients'],
  },
  'batch failed': { about: 'A batch has ended with failures, or was stopped', byDefault: ['clients', 'asker'] },
  'order ready': { about: 'A site that was ordered is ready for its customer', byDefault: ['asker'], noMail: true },
  'order failed': {
    about: 'A site that was ordered could not be made: a person has to look',
    byDefault: ['asker', 'administrators'],
  },
} as const satisfies { readonly [kind: string]: Kind };

export type KindName = keyof typeof kinds;
export const kindNames = Object.keys(kinds) as readonly KindName[]; // of the table just above

/** Of a notification that somebody has sent to themselves. */
export const testKind = 'test';

export const ways = ['mail', 'webhook'] as const;
export type Way = (typeof ways)[number];

/** The kinds that concern these by default. */
export const concerning = (whom: Concerned): string[] =>
  kindNames.filter((kind) => (kinds[kind].byDefault as readonly Concerned[]).includes(whom));

/** Of which there are no mails by default. */
export const withoutMail: string[] = kindNames.filter((kind) => (kinds[kind] as Kind).noMail === true);

const words: { readonly [One in Concerned]: string } = {
  clients: 'those of clients for which you have a role',
  administrators: 'all, if you may everything',
  asker: 'those that you have asked for',
};
export const defaultInWords = (kind: KindName): string => kinds[kind].byDefault.map((whom) => words[whom]).join('; ');
