import type { ReactNode } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { Card } from '../parts/facts.tsx';
import { Used } from '../parts/used.tsx';
import { useText } from '../text/text.ts';

const mb = 1024 * 1024;

/** What a client has, beside what it may have. */
export function ClientUsage({ client }: { client: Answer<'client get'> }): ReactNode {
  const text = useText();
  const { usage, sitesMax, backupsMax, diskMaxMb } = client;
  return (
    <Card title={text.client.usage}>
      <div className="stack">
        <Used name={text.nav.sites} used={usage.sites} most={sitesMax} />
        <Used name={text.nav.backups} used={usage.backups} most={backupsMax} />
        <Used
          name={text.fields.disk}
          used={usage.bytes}
          most={diskMaxMb === null ? null : diskMaxMb * mb}
          shown={(used) => `${Math.ceil(used / mb).toLocaleString()} MB`}
        />
      </div>
    </Card>
  );
}
