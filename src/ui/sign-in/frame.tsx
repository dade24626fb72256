import { type FormEvent, type ReactNode, useEffect } from 'react';
import { LanguageChoice } from '../shell/language-choice.tsx';

/** Around what is asked of who is not signed in. */
export function Frame({
  title,
  about,
  submit,
  children,
}: {
  title: string;
  about?: ReactNode;
  submit?: () => void;
  children: ReactNode;
}): ReactNode {
  useEffect(() => {
    document.title = `${title} · Aegir`;
  }, [title]);
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    submit?.();
  };
  return (
    <main className="sign-in">
      <form className="card stack" onSubmit={onSubmit}>
        <header>
          <img src="/icon.svg" alt="" width={40} height={40} />
          <LanguageChoice />
        </header>
        <h1>{title}</h1>
        {about !== undefined && <p className="dim">{about}</p>}
        {children}
      </form>
    </main>
  );
}
