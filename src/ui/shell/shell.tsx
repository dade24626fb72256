import { useDisclosure } from '@mantine/hooks';
import { Navigate, Outlet, useRouterState } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useEffect } from 'react';
import { AnotherBanner } from '../account/as-another.tsx';
import { Icon } from '../parts/icon.tsx';
import { useSession } from '../session.ts';
import { useQuestion } from '../sign-in/confirming.ts';
import { isOpenPage } from '../sign-in/way-back.ts';
import { useText } from '../text/text.ts';
import { AskWho } from './ask-who.tsx';
import { Sidebar } from './sidebar.tsx';
import { TopBar } from './top-bar.tsx';

const ConfirmDialog = lazy(async () => ({ default: (await import('../sign-in/confirm-dialog.tsx')).ConfirmDialog }));

/** What is around every page. Who is not signed in is asked to, and is led back then. */
export function Shell(): ReactNode {
  const text = useText();
  const session = useSession();
  const question = useQuestion();
  const [isOpen, { toggle, close }] = useDisclosure();
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const isLoading = useRouterState({ select: ({ status }) => status === 'pending' });
  // biome-ignore lint/correctness/useExhaustiveDependencies: on a phone the menu closes when another page is there
  useEffect(close, [path]);
  if (isOpenPage(path)) return <Outlet />;
  if (!session) return <AskWho />;
  // Nothing else is answered before.
  if (session.secondFactor.missing && !path.startsWith('/account'))
    return <Navigate to="/account/{-$tab}" params={{}} replace />;
  return (
    <div className="shell" data-menu={isOpen}>
      <a className="skip" href="#page">
        {text.nav.skip}
      </a>
      <header className="top">
        <button
          type="button"
          className="plain burger"
          aria-label={text.nav.menu}
          aria-expanded={isOpen}
          onClick={toggle}
        >
          <Icon name={isOpen ? 'cross' : 'menu'} size={20} />
        </button>
        <TopBar />
      </header>
      <div className="side">
        <Sidebar />
      </div>
      <main id="page" tabIndex={-1} aria-busy={isLoading}>
        <AnotherBanner />
        <Outlet />
      </main>
      {question && (
        <Suspense>
          <ConfirmDialog settle={question.settle} />
        </Suspense>
      )}
    </div>
  );
}
