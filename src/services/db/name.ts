/** MySQL 8 takes 32 characters for a user; the other engines take more. */
const lengthMax = 32;

/**
 * Name of a site's database and of its user: the site's name, as far as it fits, and the site's id, which makes it unique.
 * 'www.example.com' with the id 7 is 'example_com_7'. Only [a-z0-9_], a letter first, and no 'pg_'.
 */
export function databaseName(siteName: string, siteId: string): string {
  const end = `_${siteId}`;
  const plain = siteName
    .toLowerCase()
    .replace(/^www\./, '')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+/, '');
  const start = (plain === '' ? 'site' : plain).slice(0, lengthMax - end.length).replace(/_+$/, '');
  // PostgreSQL keeps roles that begin with 'pg_' for itself.
  return `${start}${end}`.replace(/^pg_/, 'pg');
}
