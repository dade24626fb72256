import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Problem } from '../../model/problem.ts';
import { call } from '../hub.ts';
import { ActButton } from '../parts/act.tsx';
import { Icon } from '../parts/icon.tsx';
import { NewWindow } from '../parts/links.tsx';
import { tellProblem } from '../parts/tell.ts';
import { useText } from '../text/text.ts';
import type { Possible } from './task-button.tsx';

const lookEveryMs = 300;
const patienceMs = 120_000;

/** One click from here into the site, as its administrator: makes a link, and is that link when it is there. */
export function LoginButton({
  site: { name: site, client, tasks },
}: {
  site: { readonly name: string; readonly client: string; readonly tasks: readonly Possible[] };
}): ReactNode {
  const task = tasks.find(({ name }) => name === 'site login');
  const text = useText();
  const link = useMutation({ mutationFn: () => loginLink(site), onSuccess: open, onError: tellProblem });
  if (task === undefined) return null;
  if (link.data !== undefined)
    return (
      <NewWindow href={link.data} onClick={link.reset}>
        {text.site.openLink}
      </NewWindow>
    );
  return (
    <ActButton
      needs="site login-link"
      client={client}
      reason={task.possible ? undefined : (task.reason ?? '')}
      leftSection={<Icon name="key" size={14} />}
      loading={link.isPending}
      onClick={() => link.mutate()}
    >
      {text.site.login}
    </ActButton>
  );
}

/** A browser may refuse a window that comes so late; then the button is the link. */
const open = (link: string): void => void window.open(link, '_blank', 'noopener,noreferrer');

async function loginLink(name: string): Promise<string> {
  const { task } = await call('site task', { params: { name }, body: { name: 'site login' } });
  for (const until = Date.now() + patienceMs; ; await new Promise((resolve) => setTimeout(resolve, lookEveryMs))) {
    const { status } = await call('task get', { params: { task: task.id } });
    if (status === 'done') break;
    if (!['queued', 'running'].includes(status) || Date.now() > until)
      throw new Problem('timeout', `task ${task.id} (site login) is ${status}`, { hint: `Task ${task.id} says more.` });
  }
  return (await call('site login-link', { params: { name }, query: { task: task.id } })).link;
}
