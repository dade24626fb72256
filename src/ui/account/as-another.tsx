import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { call, loadSession, queries } from '../hub.ts';
import { ActButton } from '../parts/act.tsx';
import { Icon } from '../parts/icon.tsx';
import { pageOf } from '../parts/links.tsx';
import { tellProblem } from '../parts/tell.ts';
import { clock } from '../parts/time.tsx';
import { useSession } from '../session.ts';
import { useText } from '../text/text.ts';

/** Takes the place of one's own session, to see what another sees who asks for help. */
export function BeAnother({ account }: { account: Pick<Answer<'account get'>, 'name' | 'status'> }): ReactNode {
  const text = useText();
  const session = useSession();
  const { isPending, mutate } = useChange(() => call('account impersonate', { params: { name: account.name } }), '/');
  return (
    <ActButton
      needs="account impersonate"
      reason={reason()}
      variant="default"
      leftSection={<Icon name="client" size={14} />}
      loading={isPending}
      onClick={() => mutate()}
    >
      {text.another.begin}
    </ActButton>
  );

  function reason(): string | undefined {
    if (account.name === session?.account.name) return text.another.isYou;
    return account.status === 'enabled' ? undefined : text.another.isLocked;
  }
}

/** On every page while one is somebody else, so that nobody forgets it. */
export function AnotherBanner(): ReactNode {
  const text = useText();
  const session = useSession();
  const name = session?.account.name ?? '';
  const { isPending, mutate } = useChange(() => call('session end-impersonation', {}), pageOf('account', name));
  if (!session?.impersonation) return null;
  const { by, until } = session.impersonation;
  return (
    <aside className="another" aria-label={text.another.banner}>
      <Icon name="client" />
      <p className="grow">{text.another.isAnother(name, by, clock(until))}</p>
      <Button color="dark" loading={isPending} onClick={() => mutate()}>
        {text.another.end(by)}
      </Button>
    </aside>
  );
}

/** From one account to the other: nothing that was shown to the one stays for the other. */
function useChange(change: () => Promise<unknown>, to: string) {
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async () => {
      await change();
      await loadSession();
      await navigate({ to });
      await queries.invalidateQueries();
    },
    onError: tellProblem,
  });
}
