import { useSyncExternalStore } from 'react';
import { en, type Text } from './en.ts';

const languages = { en: async () => en, fr: async () => (await import('./fr.ts')).fr } as const;
export type Language = keyof typeof languages;
export const languageNames: Readonly<Record<Language, string>> = { en: 'English', fr: 'Français' };

const place = 'aegir-language';
const listeners = new Set<() => void>();
let current: { readonly language: Language; readonly text: Text } = { language: 'en', text: en };

/** Outside of a component; inside of one, useText. */
export const text = (): Text => current.text;
export const language = (): Language => current.language;

export const useText = (): Text => useSyncExternalStore(subscribe, text);
export const useLanguage = (): Language => useSyncExternalStore(subscribe, language);

/** What was chosen here before, else the first of the browser's languages that we have. */
export async function loadLanguage(): Promise<void> {
  const wanted = [localStorage.getItem(place), ...navigator.languages].map((one) => one?.slice(0, 2));
  await speak(wanted.find(isLanguage) ?? 'en');
}

export async function setLanguage(next: Language): Promise<void> {
  localStorage.setItem(place, next);
  await speak(next);
}

/** As the account has it; one that we do not speak changes nothing. */
export async function speakAs(account: string | null): Promise<void> {
  const wanted = account?.slice(0, 2);
  if (isLanguage(wanted) && wanted !== current.language) await setLanguage(wanted);
}

const isLanguage = (one: string | undefined): one is Language => one !== undefined && one in languages;

async function speak(next: Language): Promise<void> {
  current = { language: next, text: await languages[next]() };
  document.documentElement.lang = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
