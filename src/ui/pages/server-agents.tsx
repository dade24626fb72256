import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { asks, often, useWish } from '../hub.ts';
import { ActButton } from '../parts/act.tsx';
import { Card } from '../parts/facts.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { tellProblem } from '../parts/tell.ts';
import { Time } from '../parts/time.tsx';
import { useText } from '../text/text.ts';

type Agent = Answer<'agent list'>['items'][number];

/** Credentials of agents of a server that are good, and how to make one. */
export function ServerAgents({ server }: { server: string }): ReactNode {
  const text = useText();
  const agents = useQuery({ ...asks('agent list', { query: { server, limit: 200 } }), refetchInterval: often * 2 });
  return (
    <Card title={text.server.agents}>
      <p>{text.server.agentsAbout}</p>
      <pre>{`aegir agent enrol ${server}`}</pre>
      <Loaded query={agents}>
        {({ items }) => (
          <ul className="lines">
            {items
              .filter(({ revokedAt }) => revokedAt === null)
              .map((agent) => (
                <AgentLine key={agent.id} agent={agent} />
              ))}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}

function AgentLine({ agent }: { agent: Agent }): ReactNode {
  const text = useText();
  const wish = useWish('agent revoke');
  return (
    <li>
      <span className="grow">{text.server.agent(agent.id, agent.processes)}</span>
      <span className="dim">
        {text.fields.lastUsedAt} <Time at={agent.lastUsedAt} />
      </span>
      <ActButton
        needs="agent revoke"
        variant="subtle"
        color="red"
        size="compact-xs"
        loading={wish.isPending}
        onClick={() => wish.mutate({ params: { agent: agent.id } }, { onError: tellProblem })}
      >
        {text.account.revoke}
      </ActButton>
    </li>
  );
}
