import { Button, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { problemErrors } from '../form/errors.ts';
import { asks, call, loadSession } from '../hub.ts';
import { Loaded } from '../parts/loaded.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { useSession } from '../session.ts';
import { GoOn } from '../shell/sign-in.tsx';
import { useText } from '../text/text.ts';
import { Frame } from './frame.tsx';
import { SecondFactor } from './second-factor.tsx';
import { SecretInput } from './secret-input.tsx';

/** What a one-time link opens: a first password, or another one for who has forgotten theirs. */
export function Invitation(): ReactNode {
  const text = useText();
  const [secret] = useState(() => location.hash.slice(1));
  const [answer, setAnswer] = useState<Answer<'invitation accept'> | null>(null);
  const session = useSession();
  const [isSpent, setSpent] = useState(false);
  const invitation = useQuery({
    ...asks('invitation get', { body: { secret } }),
    staleTime: Number.POSITIVE_INFINITY,
    enabled: !isSpent && (secret !== '' || session === null),
    retry: false,
  });
  if (answer?.next === null) return <GoOn to="/" />;
  if (answer) return <SecondFactor begun={answer} again={() => location.assign('/sign-in')} />;
  if (!invitation.data)
    return (
      <Frame title={text.invitation.title}>
        <Loaded query={invitation}>{() => null}</Loaded>
      </Frame>
    );
  return <Choose secret={secret} invitation={invitation.data} spent={() => setSpent(true)} done={setAnswer} />;
}

function Choose({
  secret,
  invitation: { kind, account },
  spent,
  done,
}: {
  secret: string;
  invitation: Answer<'invitation get'>;
  spent: () => void;
  done: (answer: Answer<'invitation accept'>) => void;
}): ReactNode {
  const text = useText();
  const [title, setTitle] = useState(account.title);
  const [password, setPassword] = useState('');
  const accept = useMutation<void, Error>({
    mutationFn: async () => {
      const given = title.trim();
      const changed = given !== '' && given !== account.title;
      const answer = await call('invitation accept', { body: { secret, password, ...(changed && { title: given }) } });
      // It is no secret any more, and not to be asked for again.
      spent();
      history.replaceState(history.state, '', location.pathname);
      if (answer.next === null) await loadSession();
      done(answer);
    },
  });
  const wrong = problemErrors(accept.error);
  const isNew = kind === 'invitation';
  return (
    <Frame
      title={isNew ? text.invitation.title : text.invitation.forgotten}
      about={text.invitation.about(account.name)}
      submit={() => accept.mutate()}
    >
      <input type="text" autoComplete="username" value={account.name} readOnly hidden />
      {isNew && (
        <TextInput
          label={text.invitation.called}
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
          error={wrong.get('title')}
          autoComplete="name"
        />
      )}
      <SecretInput
        label={text.invitation.password}
        description={text.invitation.passwordAbout}
        value={password}
        change={setPassword}
        error={wrong.get('password')}
        isNew
        isFirst
      />
      {accept.error && wrong.size === 0 && <ProblemNote problem={accept.error} />}
      <Button type="submit" size="sm" loading={accept.isPending} disabled={password === ''}>
        {text.invitation.accept}
      </Button>
    </Frame>
  );
}
