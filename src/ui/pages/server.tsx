import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { sshWords } from '../../model/server.ts';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { asks, often, useWish } from '../hub.ts';
import { PlatformList } from '../lists/simple-lists.tsx';
import { SiteList } from '../lists/site-list.tsx';
import { TaskList } from '../lists/task-list.tsx';
import { ActButton } from '../parts/act.tsx';
import { DangerDialog } from '../parts/danger.tsx';
import { Card, Facts } from '../parts/facts.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pill } from '../parts/pill.tsx';
import { tabsOf } from '../parts/tabs.ts';
import { Time } from '../parts/time.tsx';
import { TaskButtons } from '../task/task-button.tsx';
import { useText } from '../text/text.ts';
import type { ServerAnswer } from './answers.ts';
import { ServerAgents } from './server-agents.tsx';
import { ServerDiagnosis } from './server-diagnosis.tsx';
import { ServerLoad } from './server-load.tsx';
import { ServerServices } from './server-services.tsx';

const tabs = ['overview', 'services', 'platforms', 'sites', 'databases', 'tasks', 'danger'] as const;

export function Server(): ReactNode {
  const { name, tab = 'overview' } = useParams({ from: '/servers/$name/{-$tab}' });
  const server = useQuery({ ...asks('server get', { params: { name } }), refetchInterval: often * 2 });
  return (
    <Page
      title={name}
      status={server.data && <Pill status={server.data.status} />}
      about={server.data?.host}
      actions={
        server.data && <TaskButtons noun="server" name={name} tasks={server.data.tasks} shown={['server verify']} />
      }
      tabs={tabsOf(tabs, tab, `/servers/${encodeURIComponent(name)}`)}
    >
      <Loaded query={server}>{(data) => <Part server={data} tab={tab} />}</Loaded>
    </Page>
  );
}

function Part({ server, tab }: { server: ServerAnswer; tab: string }): ReactNode {
  switch (tab) {
    case 'services':
      return <ServerServices server={server} />;
    case 'platforms':
      return <PlatformList fixed={{ server: server.name }} />;
    case 'sites':
      return <SiteList key="sites" fixed={{ server: server.name }} />;
    case 'databases':
      return <SiteList key="databases" fixed={{ dbServer: server.name }} />;
    case 'tasks':
      return <TaskList fixed={{ noun: 'server', subject: server.id }} />;
    case 'danger':
      return <Danger server={server} />;
    default:
      return <Overview server={server} />;
  }
}

function Overview({ server }: { server: ServerAnswer }): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  const { fields } = text;
  return (
    <div className="cards">
      <Card title={text.server.about}>
        <Facts
          of={[
            [fields.host, <code key="h">{server.host}</code>],
            [fields.root, <code key="r">{server.root}</code>],
            [fields.services, server.services.map(({ type, engine }) => `${type}: ${engine}`).join(', ')],
            ...hostKeyFacts(server, fields),
            [fields.verifiedAt, <Time key="v" at={server.verifiedAt} />],
            [fields.createdAt, <Time key="c" at={server.createdAt} />],
          ]}
        />
      </Card>
      {isRemote(server) && server.verifiedAt === null && (
        <Card title={text.server.newMachine}>
          <p>{text.server.newMachineAbout}</p>
          <pre>{`aegir server bootstrap ${server.name} | ${sshWords('root', server.host, server.sshPort)} sh`}</pre>
        </Card>
      )}
      <ServerLoad server={server.name} />
      {isRemote(server) && <ServerAgents server={server.name} />}
      <ServerDiagnosis of={server.diagnosis} />
      <Card title={text.parts.change}>
        <EndpointForm
          key={`${server.title} ${server.host} ${server.sshPort}`}
          name="server set"
          params={{ name: server.name }}
          isChange
          etag={server.etag}
          values={{ title: server.title, host: server.host, sshPort: server.sshPort, tasksMax: server.tasksMax }}
          leave={['data']}
          submit={text.parts.save}
          done={({ task }) => void navigate({ to: '/tasks/$task', params: { task: task.id } })}
        />
      </Card>
    </div>
  );
}

const isRemote = ({ host }: ServerAnswer): boolean => host !== 'localhost';

function hostKeyFacts(
  server: ServerAnswer,
  fields: ReturnType<typeof useText>['fields'],
): readonly (readonly [string, ReactNode])[] {
  if (!isRemote(server)) return [];
  const keys = server.hostKeys.map((key) => <code key={key}>{key} </code>);
  return [
    [fields.sshPort, server.sshPort],
    [fields.hostKeys, keys],
    [fields.hostKeysAt, <Time key="a" at={server.hostKeysAt} />],
  ];
}

function Danger({ server }: { server: ServerAnswer }): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  const [isOpen, setOpen] = useState(false);
  const { mutateAsync } = useWish('server delete');
  return (
    <Card title={text.tabs.danger}>
      <ul className="lines">
        <li>
          <span className="grow">{text.server.forgetAbout}</span>
          <ActButton needs="server delete" variant="outline" color="red" onClick={() => setOpen(true)}>
            {text.server.forget}
          </ActButton>
        </li>
      </ul>
      {isOpen && (
        <DangerDialog
          title={text.server.forget}
          name={server.name}
          act={async () => {
            await mutateAsync({ params: { name: server.name } });
            await navigate({ to: '/servers' });
          }}
          close={() => setOpen(false)}
        >
          <p>{text.server.forgetAbout}</p>
        </DangerDialog>
      )}
    </Card>
  );
}
