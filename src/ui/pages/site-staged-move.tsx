import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Answer, EndpointName } from '../../api/endpoints.ts';
import { asks, often, useWish } from '../hub.ts';
import { ActButton } from '../parts/act.tsx';
import { Card, Facts } from '../parts/facts.tsx';
import { To } from '../parts/links.tsx';
import { Pill } from '../parts/pill.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { tellProblem } from '../parts/tell.ts';
import { Time } from '../parts/time.tsx';
import { StepMark } from '../task/steps.tsx';
import { titleOf } from '../task/title.ts';
import { useText } from '../text/text.ts';
import type { SiteAnswer } from './answers.ts';

type StagedMoveAnswer = Answer<'staged-move get'>;

/** One that is over is shown for so long. */
const shownMs = 7 * 24 * 60 * 60_000;
const stages = ['lower', 'wait', 'move', 'watch', 'raise'] as const;

/** Where a move in stages is, and when it goes on; nothing where there is none. */
export function StagedMove({ site }: { site: SiteAnswer }): ReactNode {
  const { data } = useQuery({
    ...asks('staged-move list', { query: { site: site.id, limit: 1 } }),
    refetchInterval: often * 2,
  });
  const [move] = data?.items ?? [];
  if (!move || (move.endedAt !== null && Date.now() - Date.parse(move.endedAt) > shownMs)) return null;
  return <Shown move={move} client={site.client} />;
}

function Shown({ move, client }: { move: StagedMoveAnswer; client: string }): ReactNode {
  const text = useText();
  const { staged, fields } = text;
  const words: Readonly<Record<string, string>> = text.status;
  return (
    <Card title={staged.title} side={<Pill status={move.status} />}>
      <ol className="steps">
        {stages.map((stage) => (
          <li key={stage} data-step={stateOf(move, stage)}>
            <StepMark status={stateOf(move, stage)} />
            <span className="grow">{staged.stages[stage]}</span>
            <span className="unseen">{words[stateOf(move, stage)] ?? stateOf(move, stage)}</span>
          </li>
        ))}
      </ol>
      <Facts
        of={[
          [fields.platform, <To key="p" noun="platform" name={move.platform} />],
          [staged.next, move.nextAt && <Time key="n" at={move.nextAt} />],
        ]}
      />
      {move.problem !== null && <ProblemNote problem={move.problem} />}
      <ul className="lines">
        {move.tasks.slice(0, 6).map((task) => (
          <li key={task.id}>
            <Pill status={task.status} />
            <Link to="/tasks/$task" params={{ task: task.id }}>
              {titleOf({ ...task, title: task.name }, text.tasks)}
            </Link>
          </li>
        ))}
      </ul>
      <div className="actions">
        <Action {...{ move, client }} name="staged-move resume" title={staged.resume} />
        <Action {...{ move, client }} name="staged-move cancel" title={staged.cancel} />
      </div>
    </Card>
  );
}

function Action({
  move,
  client,
  name,
  title,
}: {
  move: StagedMoveAnswer;
  client: string;
  name: Extract<EndpointName, 'staged-move cancel' | 'staged-move resume'>;
  title: string;
}): ReactNode {
  const wish = useWish(name);
  const action = move.actions.find((one) => name.endsWith(one.name));
  return (
    <ActButton
      needs={name}
      client={client}
      variant="default"
      reason={action?.possible ? undefined : (action?.reason ?? '')}
      loading={wish.isPending}
      onClick={() => wish.mutate({ params: { name: move.site } }, { onError: tellProblem })}
    >
      {title}
    </ActButton>
  );
}

/** Of one that is over, or puts its records back, by what has become of its tasks: not all stages were there. */
function stateOf({ stage: now, status, tasks }: StagedMoveAnswer, stage: (typeof stages)[number]): string {
  if (stage === now) return status === 'stopped' ? 'failed' : 'running';
  const order: readonly string[] = stages;
  const [at, reached] = [order.indexOf(stage), order.indexOf(now)];
  if (now !== 'raise' && reached >= 0) return at < reached ? 'done' : 'waiting';
  if (stage === 'wait') return tasks.some((task) => task.stage === 'move') ? 'done' : 'waiting';
  const last = tasks.find((task) => task.stage === stage);
  if (last === undefined) return 'waiting';
  return last.status === 'done' ? 'done' : 'failed';
}
