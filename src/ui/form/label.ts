import { text } from '../text/text.ts';

/** What a field of the API is called; its own name where the catalogue has none, as of a plug-in's. */
export function labelOf(name: string): string {
  const words: Readonly<Record<string, string>> = text().fields;
  return words[name] ?? name.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** A value of a choice: 'required', 'true'. */
export function choiceOf(value: string): string {
  const words: Readonly<Record<string, string>> = { ...text().status, ...text().choices };
  return words[value] ?? value;
}

/** What the API says of a field, as the person here reads it. */
export const describedOf = (description: string | undefined): string | undefined =>
  description === undefined ? undefined : (text().described[description] ?? description);
