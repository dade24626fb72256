import { createHash } from 'node:crypto';
import { type Html, html, Html as Markup } from '../html.ts';
import type { SignUpText } from './text.ts';

/** No file beside it: whoever shows it in a frame loads one thing. */
const style = `
:root { color-scheme: light dark; --ink: #1d2429; --dim: #56606a; --line: #c3cad0; --ground: #fff; --act: #1c6d81; --on-act: #fff; --bad: #b42318; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaed; --dim: #a2abb3; --line: #4a555e; --ground: #1b2025; --act: #7cc4d4; --on-act: #10181b; --bad: #ff9a8d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 30rem; margin: 0 auto; padding: 1.5rem 1.25rem 2rem; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
p { margin: 0 0 1rem; }
label { display: block; margin-bottom: .25rem; font-weight: 600; }
.field { margin-bottom: 1.1rem; }
.about, .foot { color: var(--dim); font-size: .875rem; margin: .25rem 0 0; }
.bad { color: var(--bad); font-size: .9rem; margin: .25rem 0 0; }
.bad[role=alert] { margin-bottom: 1rem; }
input:not([type=checkbox]) { width: 100%; min-height: 2.75rem; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .4rem; background: transparent; color: inherit; font: inherit; }
input[aria-invalid] { border-color: var(--bad); }
input:focus-visible, .act:focus-visible { outline: 3px solid var(--act); outline-offset: 2px; }
.check { display: flex; gap: .6rem; align-items: center; }
.check label { margin: 0; font-weight: 400; }
.check input { width: 1.2rem; height: 1.2rem; }
.host { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .4rem; }
.host input { flex: 1 1 9rem; width: auto; }
.host span { color: var(--dim); overflow-wrap: anywhere; }
.act { display: inline-block; min-height: 2.75rem; padding: .6rem 1.4rem; border: 0; border-radius: .4rem; background: var(--act); color: var(--on-act); font: inherit; font-weight: 600; text-decoration: none; cursor: pointer; }
.wait { width: 2.2rem; height: 2.2rem; margin: 0 0 1rem; border: .25rem solid var(--line); border-top-color: var(--act); border-radius: 50%; animation: turn 1s linear infinite; }
@keyframes turn { to { transform: rotate(1turn); } }
@media (prefers-reduced-motion: reduce) { .wait { animation: none; } }
`;
const styleHash = createHash('sha256').update(style).digest('base64');

export interface SignUpPage {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * One page, without a script. `origins`: who may show it in a frame, nobody unless it is said; `again`: it loads itself anew after so
 * many seconds.
 */
export function signUpPage(
  text: Pick<SignUpText, 'language'>,
  {
    title,
    content,
    status = 200,
    origins = [],
    again,
  }: {
    readonly title: string;
    readonly content: Html;
    readonly status?: number;
    readonly origins?: readonly string[];
    readonly again?: number;
  },
): SignUpPage {
  const body = html`<!doctype html>
<html lang="${text.language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>${title}</title>${again === undefined ? null : html`<meta http-equiv="refresh" content="${again}">`}
<style>${new Markup(style)}</style></head>
<body><main>
<h1>${title}</h1>
${content}
</main></body></html>
`;
  return { status, text: body.text, headers: headersFor(origins) };
}

const headersFor = (origins: readonly string[]): Readonly<Record<string, string>> => ({
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${styleHash}'`,
    "form-action 'self'",
    "base-uri 'none'",
    `frame-ancestors ${origins.length === 0 ? "'none'" : origins.join(' ')}`,
  ].join('; '),
});
