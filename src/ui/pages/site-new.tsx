import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { asks } from '../hub.ts';
import { useAddress } from '../list/search.ts';
import { Card } from '../parts/facts.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { useText } from '../text/text.ts';

/** Leads to the task: its page shows how the site comes to be, and the login link in the end. */
function useToTask(): (answer: { task: { id: string } }) => void {
  const navigate = useNavigate();
  return ({ task }) => void navigate({ to: '/tasks/$task', params: { task: task.id } });
}

export function SiteNew(): ReactNode {
  const text = useText();
  const done = useToTask();
  const [{ platform, client }] = useAddress();
  // With one platform there is nothing to choose.
  const platforms = useQuery(asks('platform list', { query: { status: 'enabled', limit: 2 } }));
  return (
    <Page title={text.site.create}>
      <Card>
        <Loaded query={platforms}>
          {({ items, total }) => (
            <EndpointForm
              name="site create"
              values={{ platform: platform ?? (total === 1 ? items[0]?.name : undefined), client }}
              main={['name', 'platform', 'profile', 'title', 'email', 'client']}
              submit={text.site.install}
              done={done}
            />
          )}
        </Loaded>
      </Card>
    </Page>
  );
}

export function SiteClone(): ReactNode {
  const text = useText();
  const done = useToTask();
  const { name } = useParams({ from: '/sites/$name/clone' });
  return (
    <Page title={`${text.site.clone}: ${name}`}>
      <Card>
        <p className="dim">{text.taskAbout['site clone']}</p>
        <EndpointForm
          name="site clone"
          params={{ name }}
          main={['name', 'platform', 'client']}
          submit={text.site.clone}
          done={done}
        />
      </Card>
    </Page>
  );
}
