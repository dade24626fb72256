import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { asks, often, useWish } from '../hub.ts';
import { TaskList } from '../lists/task-list.tsx';
import { ActButton } from '../parts/act.tsx';
import { bytes } from '../parts/bytes.ts';
import { Card, Facts } from '../parts/facts.tsx';
import { To } from '../parts/links.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pill } from '../parts/pill.tsx';
import { tellProblem } from '../parts/tell.ts';
import { Time } from '../parts/time.tsx';
import { TaskButtons } from '../task/task-button.tsx';
import { useText } from '../text/text.ts';

type BackupAnswer = Answer<'backup get'>;

export function Backup(): ReactNode {
  const { backup: name } = useParams({ from: '/backups/$backup' });
  const backup = useQuery({ ...asks('backup get', { params: { name } }), refetchInterval: often * 2 });
  return (
    <Page
      title={backup.data?.name ?? name}
      status={backup.data && <Pill status={backup.data.status} />}
      about={backup.data && bytes(backup.data.bytes)}
      actions={
        backup.data && (
          <>
            <TaskButtons
              noun="backup"
              name={backup.data.name}
              tasks={backup.data.tasks}
              shown={['backup verify', 'backup test', 'backup export']}
              leave={['backup import']}
            />
            <Pin backup={backup.data} />
          </>
        )
      }
    >
      <Loaded query={backup}>{(data) => <About backup={data} />}</Loaded>
    </Page>
  );
}

function Pin({ backup }: { backup: BackupAnswer }): ReactNode {
  const text = useText();
  const wishes = { pin: useWish('backup pin'), unpin: useWish('backup unpin') };
  const wish = backup.pinned ? wishes.unpin : wishes.pin;
  return (
    <ActButton
      needs={backup.pinned ? 'backup unpin' : 'backup pin'}
      variant="default"
      loading={wish.isPending}
      onClick={() => wish.mutate({ params: { name: backup.name } }, { onError: tellProblem })}
    >
      {backup.pinned ? text.backup.unpin : text.backup.pin}
    </ActButton>
  );
}

function Looked({ of }: { of: BackupAnswer['verified'] }): ReactNode {
  const text = useText();
  if (of === null) return <span className="dim">{text.time.never}</span>;
  return (
    <>
      <Pill status={of.ok ? 'done' : 'failed'}>{of.ok ? text.backup.good : text.backup.bad}</Pill> <Time at={of.at} />
      {of.why !== null && <p>{of.why}</p>}
    </>
  );
}

function Elsewhere({ of }: { of: NonNullable<BackupAnswer['elsewhere']> }): ReactNode {
  return (
    <>
      <To noun="server" name={of.server} />
      <p>{of.problem ?? <code>{of.place}</code>}</p>
    </>
  );
}

function About({ backup }: { backup: BackupAnswer }): ReactNode {
  const text = useText();
  const { fields } = text;
  return (
    <div className="stack">
      <div className="cards">
        <Card title={text.backup.about}>
          <Facts
            of={[
              [fields.site, backup.site === null ? backup.siteName : <To key="s" noun="site" name={backup.site} />],
              [fields.version, [backup.application, backup.version].filter(Boolean).join(' ')],
              [fields.reason, backup.reason],
              [fields.note, backup.note],
              [fields.bytes, bytes(backup.bytes)],
              [fields.server, <To key="v" noun="server" name={backup.server} />],
              [fields.elsewhere, backup.elsewhere && <Elsewhere key="e" of={backup.elsewhere} />],
              [fields.engine, backup.engine],
              [fields.account, backup.by],
              [fields.createdAt, <Time key="c" at={backup.createdAt} />],
              [fields.task, backup.task && <To key="t" noun="task" name={backup.task} />],
            ]}
          />
        </Card>
        <Card title={text.backup.looked}>
          <Facts
            of={[
              [fields.verified, <Looked key="v" of={backup.verified} />],
              [fields.tested, <Looked key="t" of={backup.tested} />],
            ]}
          />
          {backup.site !== null && <p className="dim">{text.backup.restoreAbout}</p>}
        </Card>
      </div>
      <TaskList fixed={{ noun: 'backup', subject: backup.id }} />
    </div>
  );
}
