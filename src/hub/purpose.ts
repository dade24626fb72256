/**
 * What a sealed value is for, as `seal` and `unseal` want it. The id is part of it and never changes, so that a value
 * copied into another row opens nowhere; the name is not, because names change.
 */
export const sealPurpose = {
  sitePassword: (siteId: string): string => `site.db_password:${siteId}`,
  siteSalt: (siteId: string): string => `site.hash_salt:${siteId}`,
  siteCronKey: (siteId: string): string => `site.cron_key:${siteId}`,
  /** A JSON object of the options that are secrets. */
  serviceSecrets: (serviceId: string): string => `service.secrets:${serviceId}`,
  taskSecret: (taskId: string, name: string): string => `task_secret:${taskId}:${name}`,
} as const;
