import { Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Answer, Input } from '../../api/endpoints.ts';
import { call, loadSession } from '../hub.ts';
import { Icon } from '../parts/icon.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { useText } from '../text/text.ts';
import { Frame } from './frame.tsx';
import { showPasskey } from './passkey.ts';

type Begun = Answer<'session create'>;
type Way = NonNullable<Begun['next']>;
type Shown = Omit<Input<'session second-factor'>['body'], 'attempt'>;

/** After the password, one of what its person has set up. */
export function SecondFactor({ begun, again }: { begun: Begun; again: () => void }): ReactNode {
  const text = useText();
  const { attempt = '', ways = [], passkey } = begun;
  const [way, setWay] = useState<Way>(begun.next ?? 'totp');
  const [typed, setTyped] = useState('');
  const show = useMutation<void, Error>({
    mutationFn: async () => {
      await call('session second-factor', { body: { attempt, ...(await shown()) } });
      await loadSession();
    },
  });
  const shown = async (): Promise<Shown> => {
    if (way === 'totp') return { code: typed.replaceAll(/\s/g, '') };
    return way === 'passkey' && passkey ? { passkey: await showPasskey(passkey) } : { recoveryCode: typed.trim() };
  };
  const turn = (next: Way): void => {
    setWay(next);
    setTyped('');
    show.reset();
  };
  const isTyped = way !== 'passkey';
  return (
    <Frame title={text.signIn.second} about={text.signIn.secondAbout[way]} submit={() => show.mutate()}>
      {isTyped && (
        <TextInput
          key={way}
          label={text.signIn.ways[way]}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete={way === 'totp' ? 'one-time-code' : 'off'}
          inputMode={way === 'totp' ? 'numeric' : 'text'}
          spellCheck={false}
          classNames={{ input: 'mono' }}
          autoFocus
        />
      )}
      {show.error && <ProblemNote problem={show.error} />}
      <Button
        type="submit"
        size="sm"
        loading={show.isPending}
        disabled={isTyped && typed.trim() === ''}
        {...(!isTyped && { leftSection: <Icon name="key" size={14} /> })}
      >
        {isTyped ? text.signIn.enter : text.signIn.showPasskey}
      </Button>
      <div className="stack tight">
        {ways
          .filter((one) => one !== way)
          .map((one) => (
            <button key={one} type="button" className="more" onClick={() => turn(one)}>
              {text.signIn.rather[one]}
            </button>
          ))}
        <button type="button" className="more" onClick={again}>
          {text.signIn.again}
        </button>
      </div>
    </Frame>
  );
}
