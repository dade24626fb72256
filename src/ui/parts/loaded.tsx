import { Skeleton } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ProblemNote } from './problem-note.tsx';

/** What a question was answered; grey lines of about its height until then, and the problem if there is one. */
export function Loaded<Data>({
  query,
  lines = 4,
  children,
}: {
  query: UseQueryResult<Data, Error>;
  lines?: number;
  children: (data: Data) => ReactNode;
}): ReactNode {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <ProblemNote problem={query.error} retry={() => void query.refetch()} />;
  return (
    <div aria-busy="true" className="stack">
      {Array.from({ length: lines }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike and never move
        <Skeleton key={at} height={18} width={`${90 - ((at * 17) % 40)}%`} />
      ))}
    </div>
  );
}
