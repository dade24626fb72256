interface About {
  /** 'hub': has a meaning only for the whole hub; a role that is given for one client does not have it there. */
  readonly of: 'hub' | 'client';
  readonly about: string;
}

/**
 * What a role can let one do, besides the name of each task type by itself ('site login'): `<noun> task` is all tasks of the
 * noun. What one may see is `<noun> read`, and nothing is done to what one may not see.
 */
export const permissions = {
  'hub read': { of: 'hub', about: 'See how the hub is: its status and its queues' },
  'hub change': { of: 'hub', about: 'Settings, and whether queues are paused' },
  'role change': { of: 'hub', about: 'Make, change and delete roles, of what one may oneself' },
  'account read': { of: 'client', about: 'See accounts, and who has which role' },
  'account impersonate': {
    of: 'hub',
    about: 'Sign in as another account that may not more than oneself, to help; both are in the audit',
  },
  'account change': {
    of: 'hub',
    about: 'Make, lock and delete accounts that may not more than oneself, and their tokens',
  },
  'membership change': { of: 'client', about: 'Give roles to accounts, and take them away, of what one may oneself' },
  'offer order': { of: 'hub', about: 'Order sites of an offer for its customers, and get their login links' },
  'client read': { of: 'client', about: 'See clients' },
  'client change': { of: 'hub', about: 'Make, change, lock and delete clients' },
  'server read': { of: 'hub', about: 'See servers and their services, without their secrets' },
  'server change': { of: 'hub', about: 'Make, change and delete servers and services' },
  'server task': { of: 'hub', about: 'Every task on servers' },
  'platform read': { of: 'client', about: 'See platforms and what is on them; of a client: those that it may use' },
  'platform change': { of: 'hub', about: 'Make and change platforms, and say which clients may use them' },
  'platform task': { of: 'hub', about: 'Every task on platforms' },
  'site read': { of: 'client', about: 'See sites, their host names, packages, tasks and logs' },
  'site change': { of: 'client', about: 'Make, clone and change sites' },
  'site operate': {
    of: 'client',
    about:
      'Say of a site what reaches beyond it: paths of certificates, data of plug-ins, a site that lies there to take over',
  },
  'site task': { of: 'client', about: 'Every task on sites' },
  'site secret': { of: 'client', about: 'Get the one-time login link of a site' },
  'backup read': { of: 'client', about: 'See backups' },
  'backup change': { of: 'client', about: 'Bring backups from elsewhere; pin and unpin them' },
  'backup task': { of: 'client', about: 'Every task on backups' },
  'backup secret': { of: 'client', about: 'Download backups: all of a site is in one' },
  'certificate read': { of: 'client', about: 'See certificates; never their keys' },
  'certificate change': { of: 'client', about: 'Make, bring, change and delete certificates, and give them to sites' },
  'certificate task': { of: 'client', about: 'Every task on certificates' },
  'audit read': { of: 'client', about: 'Read who did what' },
  'task settle': { of: 'client', about: 'Give stuck tasks up' },
} as const satisfies { readonly [name: string]: About };

export type Permission = keyof typeof permissions;

export const isPermission = (text: string): text is Permission => Object.hasOwn(permissions, text);

/** In the place of all permissions, also of those that come later. Only the built-in administrator has it. */
export const everything = '*';
