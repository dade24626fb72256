import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { AccessOf } from '../account/access-of.tsx';
import { Sessions } from '../account/sessions.tsx';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { asks } from '../hub.ts';
import { AuditList } from '../lists/audit-list.tsx';
import { Memberships } from '../lists/memberships.tsx';
import { DeleteButton } from '../parts/delete-button.tsx';
import { Card, Facts } from '../parts/facts.tsx';
import { pageOf } from '../parts/links.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pill } from '../parts/pill.tsx';
import { tabsOf } from '../parts/tabs.ts';
import { tell } from '../parts/tell.ts';
import { Time } from '../parts/time.tsx';
import { useText } from '../text/text.ts';
import { Tokens } from './tokens.tsx';

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

const tabs = ['overview', 'access', 'signIn', 'tokens', 'activity', 'danger'] as const;

export function Account(): ReactNode {
  const { name, tab = 'overview' } = useParams({ from: '/accounts/$name/{-$tab}' });
  const account = useQuery(asks('account get', { params: { name } }));
  return (
    <Page
      title={name}
      status={account.data && <Pill status={account.data.status} />}
      about={account.data && account.data.title !== name ? account.data.title : undefined}
      tabs={tabsOf(tabs, tab, `/accounts/${encodeURIComponent(name)}`)}
    >
      <Loaded query={account}>{(data) => <Part account={data} tab={tab} />}</Loaded>
    </Page>
  );
}

function Part({ account, tab }: { account: Answer<'account get'>; tab: string }): ReactNode {
  const text = useText();
  switch (tab) {
    case 'access':
      return <Memberships of="account" name={account.name} />;
    case 'signIn':
      return (
        <div className="stack">
          <AccessOf account={account} />
          <Sessions account={account.name} />
        </div>
      );
    case 'tokens':
      return <Tokens account={account.name} />;
    case 'activity':
      return <AuditList fixed={{ account: account.name }} />;
    case 'danger':
      return (
        <Card title={text.tabs.danger}>
          <ul className="lines">
            <li>
              <span className="grow">{text.account.deleteAbout}</span>
              <DeleteButton noun="account" name={account.name} />
            </li>
          </ul>
        </Card>
      );
    default:
      return <Overview account={account} />;
  }
}

function Overview({ account }: { account: Answer<'account get'> }): ReactNode {
  const text = useText();
  const { fields } = text;
  const { name, title, email, status, secondFactorRequired } = account;
  return (
    <div className="cards">
      <Card title={text.account.about}>
        <Facts
          of={[
            [fields.email, email],
            [fields.createdAt, <Time key="c" at={account.createdAt} />],
          ]}
        />
      </Card>
      <Card title={text.parts.change}>
        <EndpointForm
          key={JSON.stringify([title, email, status, secondFactorRequired])}
          name="account set"
          params={{ name }}
          isChange
          etag={account.etag}
          values={{ title, status, secondFactorRequired, ...(email !== null && { email }) }}
          submit={text.parts.save}
          done={() => tell(text.parts.saved)}
        />
      </Card>
    </div>
  );
}
