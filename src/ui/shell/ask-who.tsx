import { Navigate, useLocation } from '@tanstack/react-router';
import type { ReactNode } from 'react';

/** Where one goes whom the hub does not know (any more), to be led back here afterwards. */
export function AskWho(): ReactNode {
  const to = useLocation({ select: ({ href }) => href });
  return <Navigate to="/sign-in" search={(to === '/' ? {} : { to }) as never} replace />;
}
