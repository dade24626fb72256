import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { asks, often } from '../hub.ts';
import { CertificateList } from '../lists/certificate-list.tsx';
import { TaskList } from '../lists/task-list.tsx';
import { DeleteButton } from '../parts/delete-button.tsx';
import { Card, Facts } from '../parts/facts.tsx';
import { pageOf, To } from '../parts/links.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { New } from '../parts/new.tsx';
import { Page } from '../parts/page.tsx';
import { Pill } from '../parts/pill.tsx';
import { tell } from '../parts/tell.ts';
import { Time } from '../parts/time.tsx';
import { TaskButtons } from '../task/task-button.tsx';
import { useText } from '../text/text.ts';

export const Certificates = (): ReactNode => (
  <Page title={useText().nav.certificates} actions={<New noun="certificate" />}>
    <CertificateList />
  </Page>
);

export function CertificateNew(): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  return (
    <Page title={text.certificate.create}>
      <p className="dim">{text.certificate.createAbout}</p>
      <EndpointForm
        name="certificate create"
        main={['name', 'sites', 'names', 'challenge', 'client']}
        submit={text.certificate.create}
        done={({ certificate }) => void navigate({ to: pageOf('certificate', certificate.name) })}
      />
    </Page>
  );
}

/** What https of some sites needs: how it is had, for which names, and how long it is good. */
export function Certificate(): ReactNode {
  const { name } = useParams({ from: '/certificates/$name' });
  const certificate = useQuery({ ...asks('certificate get', { params: { name } }), refetchInterval: often });
  const { data } = certificate;
  return (
    <Page
      title={name}
      status={data && <Pill status={data.status} />}
      actions={
        data && (
          <>
            {data.kind === 'acme' && (
              <TaskButtons noun="certificate" name={name} tasks={data.tasks} shown={['certificate obtain']} />
            )}
            <DeleteButton noun="certificate" name={name} isUsed={data.sites.length > 0} />
          </>
        )
      }
    >
      <Loaded query={certificate}>{(one) => <About certificate={one} />}</Loaded>
    </Page>
  );
}

function About({ certificate }: { certificate: Answer<'certificate get'> }): ReactNode {
  const text = useText();
  const { fields } = text;
  const { id, name, kind, covered, leftOut, issuer, notBefore, notAfter, renewAt, sites, client } = certificate;
  return (
    <div className="stack">
      <div className="cards">
        <Card title={text.certificate.about}>
          <Facts
            of={[
              [fields.covered, covered.join(', ')],
              [fields.issuer, issuer],
              [fields.notBefore, notBefore && <Time key="b" at={notBefore} />],
              [fields.notAfter, notAfter && <Time key="a" at={notAfter} />],
              [fields.renewAt, renewAt && <Time key="r" at={renewAt} />],
              [fields.client, <To key="c" noun="client" name={client} />],
            ]}
          />
        </Card>
        <Card title={fields.sites}>
          {sites.length === 0 ? (
            <p className="dim">{text.certificate.noSites}</p>
          ) : (
            <ul className="lines">
              {sites.map((site) => (
                <li key={site}>
                  <To noun="site" name={site} />
                </li>
              ))}
            </ul>
          )}
        </Card>
        {leftOut.length > 0 && (
          <Card title={fields.leftOut}>
            <Facts of={leftOut.map((left) => [left.name, left.why])} />
          </Card>
        )}
        <Card title={text.parts.change}>
          <Change certificate={certificate} />
        </Card>
      </div>
      {kind === 'acme' && <TaskList fixed={{ noun: 'certificate', subject: id }} />}
      <p className="foot">{text.certificate.foot(name)}</p>
    </div>
  );
}

/** What it is for; or the next one, where somebody brings it. */
function Change({ certificate }: { certificate: Answer<'certificate get'> }): ReactNode {
  const text = useText();
  const { name, kind, names, challenge, dns, etag, client } = certificate;
  const isAcme = kind === 'acme';
  const values = { ...(names && { names }), ...(challenge && { challenge }), ...(dns !== null && { dns }) };
  return (
    <EndpointForm
      key={etag}
      name="certificate set"
      client={client}
      params={{ name }}
      isChange
      etag={etag}
      values={isAcme ? values : {}}
      leave={isAcme ? ['chain', 'key'] : ['names', 'challenge', 'dns']}
      submit={text.parts.save}
      done={() => tell(text.parts.saved)}
    />
  );
}
