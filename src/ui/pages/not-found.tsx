import type { ReactNode } from 'react';
import { Empty } from '../parts/empty.tsx';
import { ButtonLink } from '../parts/links.tsx';
import { Page } from '../parts/page.tsx';
import { useText } from '../text/text.ts';

export function NotFound(): ReactNode {
  const text = useText();
  return (
    <Page title={text.parts.notFound}>
      <Empty icon="search" title={text.parts.notFoundAbout}>
        <ButtonLink to="/">{text.nav.home}</ButtonLink>
      </Empty>
    </Page>
  );
}
