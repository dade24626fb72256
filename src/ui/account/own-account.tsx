import { Button } from '@mantine/core';
import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { signOut } from '../hub.ts';
import { Tokens } from '../pages/tokens.tsx';
import { may } from '../parts/may.ts';
import { Page } from '../parts/page.tsx';
import { tabsOf } from '../parts/tabs.ts';
import { tellProblem } from '../parts/tell.ts';
import { type Session, useSession } from '../session.ts';
import { useText } from '../text/text.ts';
import { Factors } from './factors.tsx';
import { Notifications } from './notifications.tsx';
import { OwnPassword } from './own-password.tsx';
import { Profile } from './profile.tsx';
import { Sessions } from './sessions.tsx';

const tabs = ['profile', 'notifications', 'signIn', 'sessions', 'tokens'] as const;

/** What everybody may change: what is said of them, and how they come in. */
export function OwnAccount(): ReactNode {
  const text = useText();
  const { tab = 'profile' } = useParams({ from: '/account/{-$tab}' });
  const session = useSession();
  if (!session) return null;
  const { missing } = session.secondFactor;
  return (
    <Page
      title={session.account.title}
      about={session.account.title === session.account.name ? undefined : session.account.name}
      actions={
        <Button variant="default" onClick={() => void signOut().catch(tellProblem)}>
          {text.nav.signOut}
        </Button>
      }
      {...(!missing && {
        tabs: tabsOf(
          tabs.filter((name) => name !== 'signIn' || may('factor list')),
          tab,
          '/account',
        ),
      })}
    >
      {missing ? <Missing /> : <Part tab={tab} session={session} />}
    </Page>
  );
}

function Part({ tab, session }: { tab: string; session: Session }): ReactNode {
  switch (tab) {
    case 'notifications':
      return <Notifications account={session.account.name} />;
    case 'signIn':
      return (
        <div className="cards">
          <OwnPassword />
          <Factors />
        </div>
      );
    case 'sessions':
      return <Sessions account={session.account.name} isOwn />;
    case 'tokens':
      return <Tokens account={session.account.name} />;
    default:
      return <Profile session={session} />;
  }
}

/** The account must have one, and nothing else is answered before. */
function Missing(): ReactNode {
  const text = useText();
  return (
    <div className="stack">
      <div className="note" data-tone="warn">
        <p>{text.own.missing}</p>
      </div>
      <div className="cards">
        <Factors />
      </div>
    </div>
  );
}
