import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { Card } from '../parts/facts.tsx';
import { useText } from '../text/text.ts';

/** Every site of a platform to another one: a few first, and the others only if these arrive. */
export function MigrateAll({ platform }: { platform: string }): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  return (
    <Card title={text.platform.migrateAll}>
      <p className="dim">{text.platform.migrateAbout}</p>
      <EndpointForm
        name="platform migrate"
        params={{ name: platform }}
        main={['to', 'canary', 'parallel', 'failuresMax']}
        leave={['sites']}
        submit={text.platform.migrateAll}
        done={({ batch }) => void navigate({ to: '/batches/$batch', params: { batch: batch.id } })}
      />
    </Card>
  );
}
