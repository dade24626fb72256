import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { asks, useWish } from '../hub.ts';
import { SiteList } from '../lists/site-list.tsx';
import { DangerDialog } from '../parts/danger.tsx';
import { Card } from '../parts/facts.tsx';
import { ButtonLink, pageOf } from '../parts/links.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pill } from '../parts/pill.tsx';
import { tell } from '../parts/tell.ts';
import { useText } from '../text/text.ts';
import { Tokens } from './tokens.tsx';

export function ClientNew(): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  return (
    <Page title={text.client.create}>
      <Card>
        <EndpointForm
          name="client create"
          submit={text.client.create}
          done={({ name }) => void navigate({ to: pageOf('client', name) })}
        />
      </Card>
    </Page>
  );
}

export function AccountNew(): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  return (
    <Page title={text.account.create}>
      <Card>
        <EndpointForm
          name="account create"
          submit={text.account.create}
          done={({ name }) => void navigate({ to: pageOf('account', name) })}
        />
      </Card>
    </Page>
  );
}

export function Client(): ReactNode {
  const text = useText();
  const { name } = useParams({ from: '/clients/$name' });
  const client = useQuery(asks('client get', { params: { name } }));
  return (
    <Page
      title={name}
      status={client.data && <Pill status={client.data.status} />}
      about={client.data && client.data.title !== name ? client.data.title : undefined}
      actions={
        <>
          <Delete noun="client" name={name} />
          <ButtonLink to="/sites/new" search={{ client: name }}>
            {text.site.create}
          </ButtonLink>
        </>
      }
    >
      <Loaded query={client}>
        {({ title, email, status }) => (
          <div className="stack">
            <Card title={text.parts.change}>
              <EndpointForm
                key={`${title} ${email} ${status}`}
                name="client set"
                params={{ name }}
                isChange
                values={{ title, status, ...(email !== null && { email }) }}
                submit={text.parts.save}
                done={() => tell(text.parts.saved)}
              />
            </Card>
            <SiteList fixed={{ client: name }} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

export function Account(): ReactNode {
  const text = useText();
  const { name } = useParams({ from: '/accounts/$name' });
  const account = useQuery(asks('account get', { params: { name } }));
  return (
    <Page
      title={name}
      status={account.data && <Pill status={account.data.status} />}
      actions={<Delete noun="account" name={name} />}
    >
      <Loaded query={account}>
        {({ email, status }) => (
          <div className="stack">
            <Card title={text.parts.change}>
              <EndpointForm
                key={`${email} ${status}`}
                name="account set"
                params={{ name }}
                isChange
                values={{ status, ...(email !== null && { email }) }}
                submit={text.parts.save}
                done={() => tell(text.parts.saved)}
              />
            </Card>
            <Tokens account={name} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Delete({ noun, name }: { noun: 'client' | 'account'; name: string }): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  const [isOpen, setOpen] = useState(false);
  const { mutateAsync } = useWish(`${noun} delete`);
  return (
    <>
      <Button variant="outline" color="red" onClick={() => setOpen(true)}>
        {text[noun].delete}
      </Button>
      {isOpen && (
        <DangerDialog
          title={text[noun].delete}
          name={name}
          act={async () => {
            await mutateAsync({ params: { name } });
            await navigate({ to: noun === 'client' ? '/clients' : '/accounts' });
          }}
          close={() => setOpen(false)}
        >
          <p>{text[noun].deleteAbout}</p>
        </DangerDialog>
      )}
    </>
  );
}
