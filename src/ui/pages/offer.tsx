import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { asks, often } from '../hub.ts';
import { OfferList, OrderList } from '../lists/offer-lists.tsx';
import { DeleteButton } from '../parts/delete-button.tsx';
import { Card, Facts } from '../parts/facts.tsx';
import { NewWindow, pageOf, To } from '../parts/links.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { may } from '../parts/may.ts';
import { New } from '../parts/new.tsx';
import { Page } from '../parts/page.tsx';
import { Pill } from '../parts/pill.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { tabsOf } from '../parts/tabs.ts';
import { tell } from '../parts/tell.ts';
import { useText } from '../text/text.ts';

export const Offers = (): ReactNode => (
  <Page title={useText().nav.offers} actions={<New noun="offer" />}>
    <OfferList />
  </Page>
);

const first = ['name', 'title', 'reserve', 'pattern', 'client', 'dailyMax'];

export function OfferNew(): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  return (
    <Page title={text.offer.create}>
      <EndpointForm
        name="offer create"
        main={first}
        submit={text.offer.create}
        done={({ offer }) => void navigate({ to: pageOf('offer', offer.name) })}
      />
    </Page>
  );
}

const tabs = ['overview', 'orders'] as const;

/** What is sold, and to whom it was. */
export function Offer(): ReactNode {
  const { name, tab = 'overview' } = useParams({ from: '/offers/$name/{-$tab}' });
  const offer = useQuery({ ...asks('offer get', { params: { name } }), refetchInterval: often });
  return (
    <Page
      title={name}
      status={offer.data && <Pill status={offer.data.status} />}
      about={offer.data && (offer.data.title === name ? '' : offer.data.title)}
      actions={offer.data && <DeleteButton noun="offer" name={name} />}
      tabs={tabsOf(tabs, tab, `/offers/${encodeURIComponent(name)}`)}
    >
      <Loaded query={offer}>
        {(data) => (tab === 'orders' && may('order list') ? <OrderList offer={name} /> : <Overview offer={data} />)}
      </Loaded>
    </Page>
  );
}

function Overview({ offer }: { offer: Answer<'offer get'> }): ReactNode {
  const text = useText();
  const { name, title, status, reserve, pattern, client, sitesMax, backupsMax, diskMaxMb, dailyMax, variables } = offer;
  const { signUp, origins, signUpPage } = offer;
  const all = {
    title,
    status,
    reserve,
    pattern,
    client,
    sitesMax,
    backupsMax,
    diskMaxMb,
    dailyMax,
    variables,
    signUp,
    origins,
  };
  const rules = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
  return (
    <div className="cards">
      <Card title={text.offer.from}>
        <Facts
          of={[
            [text.fields.reserve, <To key="r" noun="reserve" name={reserve} />],
            [text.fields.template, <To key="t" noun="site" name={offer.template} />],
            [text.fields.platform, <To key="p" noun="platform" name={offer.platform} />],
            [text.fields.client, client === null ? text.offer.newClient : <To key="c" noun="client" name={client} />],
            [text.offer.lastDay, `${offer.orders.lastDay.toLocaleString()} / ${dailyMax.toLocaleString()}`],
          ]}
        />
      </Card>
      {signUpPage !== null && (
        <Card
          title={text.offer.page}
          side={
            <NewWindow href={signUpPage} variant="default" size="xs">
              {text.offer.openPage}
            </NewWindow>
          }
        >
          <p className="dim">{text.offer.pageAbout}</p>
          <pre className="command">{`<iframe src="${signUpPage}" title="${title}"\n  style="width: 100%; height: 46rem; border: 0"></iframe>`}</pre>
          <Facts of={[[text.offer.unconfirmed, offer.orders.unconfirmed.toLocaleString()]]} />
          {offer.mailProblem !== null && <ProblemNote problem={offer.mailProblem} />}
        </Card>
      )}
      <Card title={text.offer.order}>
        <p className="dim">{text.offer.orderAbout}</p>
        <pre className="command">{orderedBy(offer)}</pre>
      </Card>
      <Card title={text.offer.rules}>
        <EndpointForm
          key={JSON.stringify(rules)}
          name="offer set"
          params={{ name }}
          isChange
          values={rules}
          main={['title', 'status', ...first.slice(2), 'signUp']}
          submit={text.parts.save}
          done={() => tell(text.parts.saved)}
        />
      </Card>
    </div>
  );
}

/** Two commands: for who cares for the hub, and for the program of who sells. */
function orderedBy({ name, variables }: Answer<'offer get'>): string {
  const values = Object.fromEntries(Object.keys(variables).map((key) => [key, '…']));
  const body = {
    name: 'cakes',
    email: 'ana@example.com',
    title: 'Cakes',
    ...(Object.keys(values).length > 0 && { values }),
  };
  return [
    `aegir token create --account shop --offer ${name}`,
    `curl ${location.origin}/api/saas/sites \\`,
    "  -H 'Authorization: Bearer aegir_…' \\",
    "  -H 'Idempotency-Key: order-4711' \\",
    `  --json '${JSON.stringify(body)}'`,
  ].join('\n');
}
