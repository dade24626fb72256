import { useDisclosure } from '@mantine/hooks';
import { Outlet, useRouterState } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useEffect } from 'react';
import { Icon } from '../parts/icon.tsx';
import { useIsSignedIn } from '../session.ts';
import { useText } from '../text/text.ts';
import { Sidebar } from './sidebar.tsx';
import { TopBar } from './top-bar.tsx';

const SignIn = lazy(async () => ({ default: (await import('./sign-in.tsx')).SignIn }));

/** What is around every page. Who is not signed in is asked to, and is then where the address says. */
export function Shell(): ReactNode {
  const text = useText();
  const isSignedIn = useIsSignedIn();
  const [isOpen, { toggle, close }] = useDisclosure();
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const isLoading = useRouterState({ select: ({ status }) => status === 'pending' });
  // biome-ignore lint/correctness/useExhaustiveDependencies: on a phone the menu closes when another page is there
  useEffect(close, [path]);
  if (!isSignedIn)
    return (
      <Suspense>
        <SignIn />
      </Suspense>
    );
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
        <Outlet />
      </main>
    </div>
  );
}
