import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { PackageList, PackageSites } from '../lists/package-lists.tsx';
import { Page } from '../parts/page.tsx';
import { useText } from '../text/text.ts';

export const Packages = (): ReactNode => (
  <Page title={useText().nav.packages}>
    <PackageList />
  </Page>
);

/** Who has it, in which version: the question of every security release. */
export function Package(): ReactNode {
  const text = useText();
  const { name } = useParams({ from: '/packages/$name' });
  return (
    <Page title={name} about={text.package.sitesAbout}>
      <PackageSites name={name} />
    </Page>
  );
}
