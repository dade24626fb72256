import type { ReactNode } from 'react';
import type { EndpointName } from '../../api/endpoints.ts';
import { Icon } from '../parts/icon.tsx';
import { useWhyNot } from '../parts/may.ts';

/** The fields and buttons of a form. Whoever may not send it can read it, and is told why. */
export function Allowed({
  needs,
  client,
  children,
}: {
  needs: EndpointName;
  client?: string | undefined;
  children: ReactNode;
}): ReactNode {
  const why = useWhyNot(needs, client);
  if (why === undefined) return children;
  return (
    <fieldset className="stack allowed" disabled>
      <p className="dim">
        <Icon name="lock" size={14} /> {why}
      </p>
      {children}
    </fieldset>
  );
}
