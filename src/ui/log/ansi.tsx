import type { ReactNode } from 'react';

/** Only colours and bold are taken from what programs print; every other escape sequence is left out. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what an escape sequence begins with
const escapes = /\x1b(?:\[([0-9;]*)([A-Za-z])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g;
const colours = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;

interface Run {
  readonly text: string;
  readonly className: string;
}

/** As text nodes in spans, so markup in it stays text. */
export const Ansi = ({ text }: { text: string }): ReactNode =>
  text.includes('\x1b')
    ? runs(text).map(({ text: part, className }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line never changes
        <span key={at} className={className}>
          {part}
        </span>
      ))
    : text;

export const plain = (text: string): string => text.replace(escapes, '');

function runs(text: string): readonly Run[] {
  const found: Run[] = [];
  let [from, look]: [number, Look] = [0, plainLook];
  const end = (to: number): void => {
    if (to > from) found.push({ text: text.slice(from, to), className: classOf(look) });
  };
  for (const match of text.matchAll(escapes)) {
    end(match.index);
    from = match.index + match[0].length;
    if (match[2] === 'm') look = (match[1] || '0').split(';').map(Number).reduce(changed, look);
  }
  end(text.length);
  return found;
}

interface Look {
  readonly colour: string;
  readonly isBold: boolean;
}
const plainLook: Look = { colour: '', isBold: false };
const classOf = ({ colour, isBold }: Look): string =>
  [colour && `ansi-${colour}`, isBold && 'ansi-bold'].filter(Boolean).join(' ');

function changed(look: Look, code: number): Look {
  if (code === 0) return plainLook;
  if (code === 1) return { ...look, isBold: true };
  if (code === 39) return { ...look, colour: '' };
  return { ...look, colour: colours[code >= 90 ? code - 90 : code - 30] ?? look.colour };
}
