import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { asks } from '../hub.ts';
import { Card } from '../parts/facts.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { useText } from '../text/text.ts';

export function PlatformNew(): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  const servers = useQuery(asks('server list', { query: { limit: 2 } }));
  return (
    <Page title={text.platform.create}>
      <Card>
        <Loaded query={servers}>
          {({ items, total }) => (
            <EndpointForm
              name="platform create"
              values={{ ...(total === 1 && { server: items[0]?.name }) }}
              main={['name', 'source', 'root', 'server']}
              submit={text.platform.create}
              done={({ task }) => void navigate({ to: '/tasks/$task', params: { task: task.id } })}
            />
          )}
        </Loaded>
      </Card>
    </Page>
  );
}
