import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { asks, seldom, signOut } from '../hub.ts';
import { Icon } from '../parts/icon.tsx';
import { may } from '../parts/may.ts';
import { tellProblem } from '../parts/tell.ts';
import { useSession } from '../session.ts';
import { useText } from '../text/text.ts';
import { LanguageChoice } from './language-choice.tsx';
import { PaletteButton } from './palette.tsx';

export function TopBar(): ReactNode {
  const text = useText();
  const { toggleColorScheme } = useMantineColorScheme();
  const session = useSession();
  const scheme = useComputedColorScheme('light');
  return (
    <>
      <Link to="/" className="brand">
        <img src="/icon.svg" alt="" width={22} height={22} />
        Aegir
      </Link>
      <HubState />
      <span className="grow" />
      <PaletteButton />
      <ActionIcon
        variant="subtle"
        color="gray"
        onClick={toggleColorScheme}
        aria-label={scheme === 'dark' ? text.nav.light : text.nav.dark}
      >
        <Icon name={scheme === 'dark' ? 'sun' : 'moon'} />
      </ActionIcon>
      <LanguageChoice />
      <Link to="/account/{-$tab}" params={{}} className="who" title={text.own.mine}>
        <Icon name="client" />
        <span>{session?.account.title}</span>
      </Link>
      <ActionIcon
        variant="subtle"
        color="gray"
        onClick={() => void signOut().catch(tellProblem)}
        aria-label={text.nav.signOut}
      >
        <Icon name="leave" />
      </ActionIcon>
    </>
  );
}

/** Says aloud only what somebody should know: that nothing is being done, or that the hub is away. */
function HubState(): ReactNode {
  const text = useText();
  // A role that does not see how the hub is.
  const isShown = may('status');
  const { data, error } = useQuery({ ...asks('status', {}), refetchInterval: seldom, enabled: isShown });
  const word = stateOf();
  return (
    <span role="status" className="hub-state">
      {word !== null && (
        <span className="pill" data-tone="bad">
          {word}
        </span>
      )}
    </span>
  );

  function stateOf(): string | null {
    if (error) return text.nav.away;
    if (data?.queue.paused) return text.nav.paused;
    return data?.workers.length === 0 ? text.nav.noWorker : null;
  }
}
