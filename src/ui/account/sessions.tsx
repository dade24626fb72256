import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { asks, useWish } from '../hub.ts';
import { ActButton } from '../parts/act.tsx';
import { Card } from '../parts/facts.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Pill } from '../parts/pill.tsx';
import { tell, tellProblem } from '../parts/tell.ts';
import { Time } from '../parts/time.tsx';
import { useText } from '../text/text.ts';
import { programOf } from './program.ts';

type Session = Answer<'session list'>['items'][number];

/** Where an account is signed in. */
export function Sessions({ account, isOwn = false }: { account: string; isOwn?: boolean }): ReactNode {
  const text = useText();
  const sessions = useQuery(asks('session list', { query: { account, limit: 200 } }));
  const others = useWish('session end-others');
  return (
    <Card
      title={text.own.sessions}
      side={
        <ActButton
          needs={isOwn ? 'session end-others' : 'account set'}
          variant="default"
          loading={others.isPending}
          disabled={!sessions.data?.items.some(({ current }) => !current)}
          onClick={() =>
            others.mutate(
              { body: { account } },
              { onError: tellProblem, onSuccess: ({ ended }) => tell(text.own.ended(ended)) },
            )
          }
        >
          {isOwn ? text.own.endOthers : text.own.endAll}
        </ActButton>
      }
    >
      <Loaded query={sessions}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="dim">{text.own.noSessions}</p>
          ) : (
            <ul className="lines">
              {items.map((session) => (
                <Line key={session.id} session={session} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}

function Line({ session }: { session: Session }): ReactNode {
  const text = useText();
  const end = useWish('session delete');
  const ways: Readonly<Record<string, string>> = text.own.wayNames;
  return (
    <li>
      <span className="grow">
        <span title={session.userAgent}>{programOf(session.userAgent)}</span>
        <span className="dim">
          {' '}
          · {session.address ?? text.task.local} · {ways[session.way] ?? session.way} · <Time at={session.lastSeenAt} />
        </span>
      </span>
      {session.current ? (
        <Pill status="enabled">{text.own.current}</Pill>
      ) : (
        <Button
          variant="subtle"
          color="red"
          size="compact-xs"
          loading={end.isPending}
          onClick={() => end.mutate({ params: { session: session.id } }, { onError: tellProblem })}
        >
          {text.own.end}
        </Button>
      )}
    </li>
  );
}
