import { AppShell, Burger } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Outlet, useRouterState } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { useIsSignedIn } from '../session.ts';
import { useText } from '../text/text.ts';
import { Sidebar } from './sidebar.tsx';
import { SignIn } from './sign-in.tsx';
import { TopBar } from './top-bar.tsx';

/** What is around every page. Who is not signed in is asked to, and is then where the address says. */
export function Shell(): ReactNode {
  const text = useText();
  const isSignedIn = useIsSignedIn();
  const [isOpen, { toggle, close }] = useDisclosure();
  const path = useRouterState({ select: ({ location }) => location.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: on a phone the menu closes when another page is there
  useEffect(close, [path]);
  if (!isSignedIn) return <SignIn />;
  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 208, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding="md"
    >
      <a className="skip" href="#page">
        {text.nav.skip}
      </a>
      <AppShell.Header className="top">
        <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={text.nav.menu} />
        <TopBar />
      </AppShell.Header>
      <AppShell.Navbar className="side">
        <Sidebar />
      </AppShell.Navbar>
      <AppShell.Main id="page" tabIndex={-1}>
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}
