import { Button, PasswordInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { signIn } from '../session.ts';
import { useText } from '../text/text.ts';

export function SignIn(): ReactNode {
  const text = useText();
  const [token, setToken] = useState('');
  return (
    <main className="sign-in">
      <form
        className="card stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim() !== '') signIn(token.trim());
        }}
      >
        <img src="/icon.svg" alt="" width={40} height={40} />
        <h1>{text.signIn.title}</h1>
        <p className="dim">{text.signIn.about}</p>
        <code>aegir token create</code>
        <PasswordInput
          label={text.signIn.token}
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          autoComplete="off"
          visibilityToggleButtonProps={{ 'aria-label': text.signIn.show }}
        />
        <Button type="submit" size="sm" disabled={token.trim() === ''}>
          {text.signIn.open}
        </Button>
      </form>
    </main>
  );
}
