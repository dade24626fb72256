import type { ReactNode } from 'react';
import { call } from '../hub.ts';
import { tellProblem } from '../parts/tell.ts';
import { session } from '../session.ts';
import { type Language, languageNames, setLanguage, useLanguage, useText } from '../text/text.ts';

/** Of this browser, and of the account of who is signed in. */
export function LanguageChoice(): ReactNode {
  const text = useText();
  const language = useLanguage();
  const choose = async (next: Language): Promise<void> => {
    await setLanguage(next);
    if (session() !== null) await call('session set', { body: { language: next } });
  };
  return (
    <select
      className="code"
      aria-label={text.nav.language}
      value={language}
      onChange={(event) => void choose(event.currentTarget.value as Language).catch(tellProblem)}
    >
      {Object.entries(languageNames).map(([code, name]) => (
        <option key={code} value={code} lang={code}>
          {name}
        </option>
      ))}
    </select>
  );
}
