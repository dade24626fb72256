import { Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { ProblemNote } from './problem-note.tsx';

/** A page that could not be shown: by a fault of ours, or because it could not be fetched after an upgrade of the hub. */
export const PageFault = ({ error }: { error: unknown }): ReactNode => (
  <ProblemNote problem={error} retry={() => location.reload()} />
);

export const PageWait = (): ReactNode => (
  <div aria-busy="true" className="stack">
    <Skeleton height={24} width="30%" />
    <Skeleton height={200} />
  </div>
);
