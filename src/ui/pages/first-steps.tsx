import type { ReactNode } from 'react';
import { Card } from '../parts/facts.tsx';
import { ButtonLink } from '../parts/links.tsx';
import { StepMark } from '../task/steps.tsx';
import { useText } from '../text/text.ts';

/** From an empty hub to an open site: a server, a platform, a site. Only the next one can be begun. */
export function FirstSteps({ counts }: { counts: { servers: number; platforms: number; sites: number } }): ReactNode {
  const text = useText();
  const steps = [
    { ...text.first.server, to: '/servers/new', count: counts.servers },
    { ...text.first.platform, to: '/platforms/new', count: counts.platforms },
    { ...text.first.site, to: '/sites/new', count: counts.sites },
  ];
  const next = steps.findIndex(({ count }) => count === 0);
  return (
    <Card title={text.first.title}>
      <ol className="lines">
        {steps.map(({ to, title, about, act, count }, at) => (
          <li key={to} data-step={count > 0 ? 'done' : 'waiting'}>
            <StepMark status={count > 0 ? 'done' : 'waiting'} />
            <span className="grow two">
              <b>{title}</b>
              <span className="dim">{about}</span>
            </span>
            {at === next && <ButtonLink to={to}>{act}</ButtonLink>}
          </li>
        ))}
      </ol>
    </Card>
  );
}
