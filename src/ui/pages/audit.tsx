import type { ReactNode } from 'react';
import { AuditList } from '../lists/audit-list.tsx';
import { Page } from '../parts/page.tsx';
import { useText } from '../text/text.ts';

export const Audit = (): ReactNode => (
  <Page title={useText().nav.audit}>
    <AuditList />
  </Page>
);
