import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { asks, often, useWish } from '../hub.ts';
import { ReserveList, SpareList } from '../lists/reserve-lists.tsx';
import { ActButton } from '../parts/act.tsx';
import { DangerDialog } from '../parts/danger.tsx';
import { DeleteButton } from '../parts/delete-button.tsx';
import { Card, Facts } from '../parts/facts.tsx';
import { pageOf, To } from '../parts/links.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { New } from '../parts/new.tsx';
import { Page } from '../parts/page.tsx';
import { Pill } from '../parts/pill.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { tabsOf } from '../parts/tabs.ts';
import { tell } from '../parts/tell.ts';
import { Time } from '../parts/time.tsx';
import { useText } from '../text/text.ts';

type ReserveAnswer = Answer<'reserve get'>;

export function Reserves(): ReactNode {
  const text = useText();
  return (
    <Page title={text.nav.reserves} actions={<New noun="reserve" />}>
      <ReserveList />
    </Page>
  );
}

export function ReserveNew(): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  return (
    <Page title={text.reserve.create}>
      <Card>
        <EndpointForm
          name="reserve create"
          main={['name', 'template', 'pattern', 'full', 'emergency', 'life', 'window']}
          submit={text.reserve.create}
          done={({ reserve }) => void navigate({ to: pageOf('reserve', reserve.name) })}
        />
      </Card>
    </Page>
  );
}

const tabs = ['overview', 'spares', 'danger'] as const;

/** Sites that are there before anybody asks for them: how many, for how long that is enough, and by which rules. */
export function Reserve(): ReactNode {
  const { name, tab = 'overview' } = useParams({ from: '/reserves/$name/{-$tab}' });
  const reserve = useQuery({ ...asks('reserve get', { params: { name } }), refetchInterval: often });
  return (
    <Page
      title={name}
      actions={<FlushButton name={name} />}
      tabs={tabsOf(tabs, tab, `/reserves/${encodeURIComponent(name)}`)}
    >
      <Loaded query={reserve}>{(data) => <Part reserve={data} tab={tab} />}</Loaded>
    </Page>
  );
}

function Part({ reserve, tab }: { reserve: ReserveAnswer; tab: string }): ReactNode {
  switch (tab) {
    case 'spares':
      return <SpareList reserve={reserve.name} />;
    case 'danger':
      return <Danger name={reserve.name} />;
    default:
      return <Overview reserve={reserve} />;
  }
}

const states = ['ready', 'building', 'claimed', 'renaming', 'expired', 'failed'] as const;

function Overview({ reserve }: { reserve: ReserveAnswer }): ReactNode {
  const text = useText();
  const { fields } = text;
  const { name, template, platform, client, pattern, full, emergency, life, window } = reserve;
  const rules = { template, ...(platform !== null && { platform }), client, pattern, full, emergency, life, window };
  return (
    <div className="cards">
      <Card title={text.reserve.now}>
        {reserve.problem !== null && <ProblemNote problem={reserve.problem} />}
        <Facts
          of={[
            [text.reserve.usable, text.reserve.ofFull(reserve.usable, full)],
            [text.reserve.dryAt, reserve.dryAt === null ? text.reserve.neverDry : <Time key="d" at={reserve.dryAt} />],
            [text.reserve.perDay, String(reserve.perDay)],
            [text.reserve.claims, text.reserve.claimsLate(reserve.claims, reserve.late)],
            [
              fields.window,
              <span key="w">
                {reserve.isOpen ? text.reserve.openUntil : text.reserve.closedUntil} <Time at={reserve.changesAt} />
              </span>,
            ],
            [fields.failures, reserve.failures > 0 ? text.queue.times(reserve.failures) : null],
            [text.reserve.heldUntil, reserve.heldUntil === null ? null : <Time key="h" at={reserve.heldUntil} />],
            [fields.template, <To key="t" noun="site" name={template} />],
            [fields.createdAt, <Time key="c" at={reserve.createdAt} />],
          ]}
        />
      </Card>
      <Card title={text.tabs.spares}>
        <ul className="lines">
          {states
            .filter((state) => state === 'ready' || (reserve.states[state] ?? 0) > 0)
            .map((state) => (
              <li key={state}>
                <Pill status={state} />
                <span className="dim">{text.reserve.states[state]}</span>
                <span className="grow" />
                <span className="number">{reserve.states[state] ?? 0}</span>
              </li>
            ))}
        </ul>
      </Card>
      <Card title={text.queue.rules}>
        <EndpointForm
          key={JSON.stringify(rules)}
          name="reserve set"
          params={{ name }}
          isChange
          etag={reserve.etag}
          values={rules}
          main={['full', 'emergency', 'life', 'window', 'pattern']}
          submit={text.parts.save}
          done={() => tell(text.parts.saved)}
        />
      </Card>
    </div>
  );
}

/** All that nobody has asked for are deleted at once: not by a click that slips. */
function FlushButton({ name }: { name: string }): ReactNode {
  const text = useText();
  const [isOpen, setOpen] = useState(false);
  const { mutateAsync } = useWish('reserve flush');
  return (
    <>
      <ActButton needs="reserve flush" variant="default" onClick={() => setOpen(true)}>
        {text.reserve.flush}
      </ActButton>
      {isOpen && (
        <DangerDialog
          title={text.reserve.flush}
          name={name}
          act={() => mutateAsync({ params: { name } })}
          close={() => setOpen(false)}
        >
          <p>{text.reserve.flushAbout}</p>
        </DangerDialog>
      )}
    </>
  );
}

function Danger({ name }: { name: string }): ReactNode {
  const text = useText();
  return (
    <Card title={text.reserve.delete}>
      <p className="dim">{text.reserve.deleteAbout}</p>
      <DeleteButton noun="reserve" name={name} />
    </Card>
  );
}
