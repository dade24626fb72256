import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { asks, loadSession, useWish } from '../hub.ts';
import { Card } from '../parts/facts.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { tellProblem } from '../parts/tell.ts';
import { Time } from '../parts/time.tsx';
import { useText } from '../text/text.ts';
import { NewPasskey } from './new-passkey.tsx';
import { NewTotp } from './new-totp.tsx';
import { ShownCodes } from './shown-codes.tsx';

/** What one shows after the password; each can be taken away but the last that the account must have. */
export function Factors(): ReactNode {
  const text = useText();
  const factors = useQuery(asks('factor list', {}));
  const [isMaking, setMaking] = useState<'totp' | 'passkey' | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const newCodes = useWish('recovery-code create');
  const totpAway = useWish('totp delete');
  const made = (shown: readonly string[] | null): void => {
    setMaking(null);
    if (shown) setCodes(shown);
    else void loadSession();
  };
  const seen = (): void => {
    setCodes(null);
    void loadSession();
  };
  return (
    <Card title={text.own.factors}>
      <Loaded query={factors}>
        {({ totp, passkeys, recoveryCodes }) => (
          <ul className="lines">
            <li>
              <span className="grow">
                {text.own.totp} {totp && <Since at={totp.createdAt} />}
              </span>
              {totp && (
                <Button
                  variant="subtle"
                  color="red"
                  size="compact-xs"
                  loading={totpAway.isPending}
                  onClick={() => totpAway.mutate({}, { onError: tellProblem, onSuccess: () => void loadSession() })}
                >
                  {text.own.remove}
                </Button>
              )}
              <Button variant="default" size="compact-xs" onClick={() => setMaking('totp')}>
                {totp ? text.own.replace : text.own.setUp}
              </Button>
            </li>
            {passkeys.map((passkey) => (
              <Passkey key={passkey.id} passkey={passkey} />
            ))}
            <li>
              <span className="grow">{text.own.passkeyAbout}</span>
              <Button variant="default" size="compact-xs" onClick={() => setMaking('passkey')}>
                {text.own.addPasskey}
              </Button>
            </li>
            {(totp !== null || passkeys.length > 0) && (
              <li>
                <span className="grow">{text.own.codesLeft(recoveryCodes)}</span>
                <Button
                  variant="default"
                  size="compact-xs"
                  loading={newCodes.isPending}
                  onClick={() =>
                    newCodes.mutate({}, { onError: tellProblem, onSuccess: (made) => setCodes(made.recoveryCodes) })
                  }
                >
                  {text.own.newCodes}
                </Button>
              </li>
            )}
          </ul>
        )}
      </Loaded>
      {isMaking === 'totp' && <NewTotp done={made} close={() => setMaking(null)} />}
      {isMaking === 'passkey' && <NewPasskey done={made} close={() => setMaking(null)} />}
      {codes && <ShownCodes codes={codes} close={seen} />}
    </Card>
  );
}

function Passkey({ passkey }: { passkey: { id: string; title: string; createdAt: string } }): ReactNode {
  const text = useText();
  const away = useWish('passkey delete');
  return (
    <li>
      <span className="grow">
        {text.own.passkey(passkey.title)} <Since at={passkey.createdAt} />
      </span>
      <Button
        variant="subtle"
        color="red"
        size="compact-xs"
        loading={away.isPending}
        onClick={() =>
          away.mutate(
            { params: { passkey: passkey.id } },
            { onError: tellProblem, onSuccess: () => void loadSession() },
          )
        }
      >
        {text.own.remove}
      </Button>
    </li>
  );
}

const Since = ({ at }: { at: string }): ReactNode => (
  <span className="dim">
    <Time at={at} />
  </span>
);
