import type { PackageScan } from '../applications/application.ts';
import type { Hub } from './hub.ts';

/** Names that can be installed, as the application says from what was scanned. */
export const profilesOf = (
  { catalog }: Pick<Hub, 'catalog'>,
  platform: { readonly application: string | null; readonly profiles: PackageScan['packages'] },
): readonly string[] =>
  catalog.applications.find(({ name }) => name === platform.application)?.profiles({ packages: platform.profiles }) ??
  [];
