import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { asks } from '../hub.ts';
import { Loaded } from '../parts/loaded.tsx';
import { useText } from '../text/text.ts';

/** Asks for a move in stages in the place of the task that migrates at once. */
export function StagedForm({
  site,
  platform,
  close,
}: {
  site: string;
  /** As it was chosen before. */
  platform: unknown;
  close: () => void;
}): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  const known = useQuery(asks('site get', { params: { name: site } }));
  return (
    <Loaded query={known}>
      {({ client }) => (
        <EndpointForm
          name="staged-move create"
          params={{ name: site }}
          client={client}
          values={typeof platform === 'string' ? { platform } : {}}
          main={['platform', 'dbServer', 'lowerSeconds', 'watchSeconds']}
          submit={text.staged.begin}
          cancel={close}
          done={() => {
            close();
            void navigate({ to: '/sites/$name/{-$tab}', params: { name: site, tab: undefined } });
          }}
        />
      )}
    </Loaded>
  );
}
