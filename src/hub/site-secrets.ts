/**
 * What a site's sealed columns are sealed for: a value moved to another row or column does not open.
 * The id is taken from the sequence before the row is inserted.
 */
export const siteSecret = (column: 'db_password' | 'hash_salt' | 'cron_key', siteId: string): string =>
  `site.${column}:${siteId}`;

/** `service.secrets` holds one sealed JSON object: the options that the engine calls secret. */
export const serviceSecrets = (serviceId: string): string => `service.secrets:${serviceId}`;

export const certificateSecret = (column: 'key' | 'coming_key', certificateId: string): string =>
  `certificate.${column}:${certificateId}`;
export const acmeSecret = (directory: string): string => `acme_account.key:${directory}`;

export const taskSecret = (taskId: string, name: string): string => `task_secret.${name}:${taskId}`;
