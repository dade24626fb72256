import type { ProblemJson } from '../../model/problem.ts';
import { escaped } from '../html.ts';
import type { Message } from './message.ts';

export interface MailText {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** What a mail holds at most; who wants all of them goes to the panel. */
const shownMax = 50;

/** One message, or a digest of several. */
export function mailText(messages: readonly Message[], panel: string): MailText {
  const [first] = messages;
  const isDigest = messages.length > 1;
  const subject = isDigest || !first ? `${messages.length} things to look at` : first.title;
  const parts = messages.slice(0, shownMax).map((message) => part(message, isDigest));
  const more = messages.length - parts.length;
  const rest: Line[] = more > 0 ? [{ text: `and ${more} more` }, { link: `${panel}/tasks` }] : [];
  const lines: readonly Line[] = [
    ...parts.flat(),
    ...rest,
    { rule: true },
    { text: 'Choose what you are told of:' },
    foot(panel),
  ];
  return mailOf(`[Aegir] ${subject}`, lines);
}

/** Both forms of a mail; the subject is cut. */
export const mailOf = (subject: string, lines: readonly Line[]): MailText => ({
  subject: oneLine(subject, 200),
  text: lines.map(plain).join('\n'),
  html: page(lines),
});

/** A mail is built of these, once for both of its forms. */
export type Line =
  | { readonly title: string }
  | { readonly text: string; readonly label?: string }
  | { readonly link: string }
  | { readonly rule: true };

const foot = (panel: string): Line => ({ link: `${panel}/account` });

function part({ title, at, problem, link, kind }: Message, isDigest: boolean): readonly Line[] {
  const when = { text: at.toISOString().replace('T', ' ').replace(/\..*/, ' UTC') };
  const told =
    problem === null && kind === 'test'
      ? [{ text: 'If you read this, they reach you.' }]
      : problemLines(problem, isDigest ? 1 : 10);
  return [{ title: oneLine(title, 300) }, when, ...told, { link }, ...(isDigest ? [{ rule: true } as const] : [])];
}

function problemLines(problem: ProblemJson | null, causesMax: number): readonly Line[] {
  if (!problem) return [];
  const { message, causes, fields = [], hint } = problem;
  return [
    { label: 'What went wrong', text: message },
    ...fields.slice(0, causesMax).map(({ path, message: what }) => ({ text: `${path}: ${what}` })),
    ...causes.slice(0, causesMax).map((text) => ({ label: 'because', text })),
    { label: 'What to do now', text: hint ?? 'Look into the log: the last lines before the failure say what it did.' },
  ];
}

function plain(line: Line): string {
  if ('rule' in line) return '----\n';
  if ('link' in line) return `${line.link}\n`;
  if ('title' in line) return `${line.title}\n`;
  return `${line.label === undefined ? '' : `${line.label}: `}${tidy(line.text)}\n`;
}

function html(line: Line): string {
  if ('rule' in line) return '<hr>';
  if ('link' in line) return `<p><a href="${escaped(line.link)}">${escaped(line.link)}</a></p>`;
  if ('title' in line) return `<h2>${escaped(line.title)}</h2>`;
  const label = line.label === undefined ? '' : `<strong>${escaped(line.label)}:</strong> `;
  return `<p style="white-space: pre-wrap">${label}${escaped(tidy(line.text))}</p>`;
}

const page = (lines: readonly Line[]): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Aegir</title></head><body>${lines.map(html).join('\n')}</body></html>`;

/** Output of programs: what moves a cursor or turns the direction of reading is taken out, ends of lines stay. */
const tidy = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[^\P{C}\n\t]/gu, '')
    .replace(/[\p{Zl}\p{Zp}]/gu, '\n')
    .slice(0, 4000);

/** For a header: it cannot begin another one. */
const oneLine = (text: string, lengthMax: number): string => {
  const whole = tidy(text).replace(/\s+/g, ' ').trim();
  return whole.length > lengthMax ? `${whole.slice(0, lengthMax - 1).toWellFormed()}…` : whole;
};
