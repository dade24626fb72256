import { text } from './text.ts';

/** What a server offers, by its type. */
export const serviceTitle = (type: string): string => {
  const titles: Readonly<Record<string, string>> = text().serviceTypes;
  return titles[type] ?? type;
};
