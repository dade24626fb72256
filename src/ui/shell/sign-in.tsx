import { Button, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { asks, call, loadSession } from '../hub.ts';
import type { Search } from '../list/search.ts';
import { Icon } from '../parts/icon.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { useSession } from '../session.ts';
import { Frame } from '../sign-in/frame.tsx';
import { showPasskey } from '../sign-in/passkey.ts';
import { SecondFactor } from '../sign-in/second-factor.tsx';
import { SecretInput } from '../sign-in/secret-input.tsx';
import { wayBack } from '../sign-in/way-back.ts';
import { useText } from '../text/text.ts';

/** Leads on as soon as somebody is signed in. */
export function SignIn(): ReactNode {
  const session = useSession();
  const { to }: Search = useSearch({ strict: false });
  const [begun, setBegun] = useState<Answer<'session create'> | null>(null);
  if (session) return <GoOn to={wayBack(to)} />;
  if (begun) return <SecondFactor begun={begun} again={() => setBegun(null)} />;
  return <First to={to} begun={setBegun} />;
}

export function GoOn({ to }: { to: string }): ReactNode {
  const { history } = useRouter();
  useEffect(() => history.replace(to), [history, to]);
  return null;
}

type Way = 'password' | 'passkey' | 'single sign-on';

function First({
  to,
  begun,
}: {
  to: string | undefined;
  begun: (answer: Answer<'session create'>) => void;
}): ReactNode {
  const text = useText();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const { data: offered } = useQuery({ ...asks('session ways', {}), staleTime: Number.POSITIVE_INFINITY });
  const enter = useMutation<void, Error, Way>({
    mutationFn: async (way) => {
      if (way === 'single sign-on') return leave(to);
      const answer = await (way === 'passkey'
        ? byPasskey()
        : call('session create', { body: { name: name.trim(), password } }));
      if (answer.next === null) await loadSession();
      else begun(answer);
    },
    // A password that was wrong is typed anew.
    onError: (_, way) => way === 'password' && setPassword(''),
  });
  const running = enter.isPending ? enter.variables : null;
  return (
    <Frame title={text.signIn.title} submit={() => enter.mutate('password')}>
      <TextInput
        label={text.signIn.name}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        autoComplete="username webauthn"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
      />
      <SecretInput label={text.signIn.password} value={password} change={setPassword} />
      {enter.error && <ProblemNote problem={enter.error} />}
      <Button
        type="submit"
        size="sm"
        loading={running === 'password'}
        disabled={name.trim() === '' || password === '' || enter.isPending}
      >
        {text.signIn.enter}
      </Button>
      <div className="or">{text.signIn.or}</div>
      <Button
        variant="default"
        size="sm"
        leftSection={<Icon name="key" size={14} />}
        loading={running === 'passkey'}
        disabled={enter.isPending}
        onClick={() => enter.mutate('passkey')}
      >
        {text.signIn.passkeyAlone}
      </Button>
      {offered?.singleSignOn && (
        <Button
          variant="default"
          size="sm"
          leftSection={<Icon name="open" size={14} />}
          loading={running === 'single sign-on'}
          disabled={enter.isPending}
          onClick={() => enter.mutate('single sign-on')}
        >
          {text.signIn.withTitle(offered.singleSignOn.title)}
        </Button>
      )}
      <p className="dim small">{text.signIn.forgotten}</p>
    </Frame>
  );
}

async function byPasskey(): Promise<Answer<'session passkey'>> {
  const { attempt, options } = await call('session passkey-begin', {});
  return call('session passkey', { body: { attempt, passkey: await showPasskey(options) } });
}

const place = 'aegir-way-back';

/** To the provider of single sign-on, which leads back to /sign-in/return. */
async function leave(to: string | undefined): Promise<void> {
  const { location: provider } = await call('single-sign-on begin', {});
  sessionStorage.setItem(place, wayBack(to));
  location.assign(provider);
}

/** Who comes back from the provider of single sign-on. */
export function SignInReturn(): ReactNode {
  const text = useText();
  const session = useSession();
  const finish = useQuery({
    queryKey: ['single-sign-on finish'],
    queryFn: async () => {
      // As it stands there: the router would write it in its own way.
      await call('single-sign-on finish', { body: { search: location.search } });
      await loadSession();
      return true;
    },
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    enabled: session === null,
  });
  if (session) return <GoOn to={wayBack(sessionStorage.getItem(place) ?? undefined)} />;
  return (
    <Frame title={text.signIn.title} {...(!finish.error && { about: text.signIn.returning })}>
      {finish.error && (
        <>
          <ProblemNote problem={finish.error} />
          <Button component="a" href="/sign-in" size="sm">
            {text.signIn.again}
          </Button>
        </>
      )}
    </Frame>
  );
}
