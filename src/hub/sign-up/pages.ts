import type { Context } from 'hono';
import { hostOf } from '../../model/offer.ts';
import { Problem, problemCodes } from '../../model/problem.ts';
import { html } from '../html.ts';
import type { Hub } from '../hub.ts';
import { orderProgress } from '../order.ts';
import { bodyText } from '../request.ts';
import { demandSameOrigin, type Origin, visitOf } from '../sign-in/visit.ts';
import { formOf, hostField, nothingTyped, typedIn, wantedIn } from './form.ts';
import { type SignUpPage, signUpPage } from './page.ts';
import { confirm, readSecret, type SignUp, signUp, soldHere } from './sign-ups.ts';
import { type SignUpText, signUpText } from './text.ts';

type Request = Context<{ Bindings: Origin }>;
type Answered = SignUpPage | { readonly to: string };
type Page = (hub: Hub, context: Request, text: SignUpText) => Promise<Answered>;

/** For who has not signed in to anything: pages without a script. No offer is called '-'. */
export const signUpPages: readonly { readonly method: 'GET' | 'POST'; readonly path: string; readonly page: Page }[] = [
  { method: 'GET', path: '/sign-up/-/confirm', page: askToConfirm },
  { method: 'POST', path: '/sign-up/-/confirm', page: confirmed },
  { method: 'GET', path: '/sign-up/-/progress', page: progress },
  { method: 'GET', path: '/sign-up/:offer', page: form },
  { method: 'POST', path: '/sign-up/:offer', page: sent },
];

/** What is expected to go wrong is a page too; a fault of ours is thrown on. */
export async function answerSignUp(hub: Hub, page: Page, context: Request): Promise<Response> {
  const text = signUpText(context.req.header('accept-language') ?? '');
  const answer = await page(hub, context, text).catch((error: unknown) => {
    if (!(error instanceof Problem) || error.code === 'bug') throw error;
    if (error.retryAfterMs !== undefined) context.header('retry-after', String(Math.ceil(error.retryAfterMs / 1000)));
    return problemPage(text, error);
  });
  if ('to' in answer) return context.redirect(answer.to, 303);
  // Only statuses of our own table.
  return context.body(answer.text, answer.status as 200, { ...answer.headers });
}

function problemPage(text: SignUpText, { code }: Problem): SignUpPage {
  const { throttled, gone, other, forbidden } = text.problem;
  const known: { readonly [Code in Problem['code']]?: string } = { throttled, forbidden, 'not-found': gone };
  const { status } = problemCodes[code];
  return signUpPage(text, {
    title: text.failed.title,
    content: html`<p role="alert">${known[code] ?? other}</p>`,
    status,
  });
}

async function form({ database }: Hub, { req }: Request, text: SignUpText): Promise<SignUpPage> {
  const offer = await soldHere(database.db, req.param('offer') ?? '');
  return signUpPage(text, { title: offer.title, content: formOf(text, offer, nothingTyped), origins: offer.origins });
}

async function sent(hub: Hub, context: Request, text: SignUpText): Promise<SignUpPage> {
  const { req, env } = context;
  demandSameOrigin(req.raw, { strict: false });
  const offer = await soldHere(hub.database.db, req.param('offer') ?? '');
  const typed = await formIn(req.raw);
  const { address } = visitOf(req.raw, env ?? {});
  try {
    const wanted = wantedIn(offer, typed);
    await signUp(hub, offer, wanted, { language: text.language, address });
    const content = html`<p>${text.sent.about(wanted.email)}</p><p class="foot">${text.sent.nothing}</p>`;
    return signUpPage(text, { title: text.sent.title, content, origins: offer.origins });
  } catch (error) {
    if (!(error instanceof Problem) || error.fields === undefined) throw error;
    const content = formOf(text, offer, typedIn(text, typed, error));
    return signUpPage(text, {
      title: offer.title,
      content,
      status: problemCodes[error.code].status,
      origins: offer.origins,
    });
  }
}

async function formIn(request: Request['req']['raw']): Promise<URLSearchParams> {
  const isForm = /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(request.headers.get('content-type') ?? '');
  if (isForm) return new URLSearchParams(await bodyText(request));
  throw new Problem('invalid', 'this is not a form that was filled in', { hint: 'Fill in the form of the page.' });
}

/** Programs look at links in mails: so nothing is done before a person presses the button. */
async function askToConfirm({ database, sealKey }: Hub, { req }: Request, text: SignUpText): Promise<SignUpPage> {
  const code = req.query('code') ?? '';
  const found = await readSecret(database.db, sealKey, code, 'code');
  if (found.orderId !== null) return usedPage(text, found);
  return confirmPage(text, found, code, null);
}

const problem = ({ wrong }: SignUpText, { code }: Problem): string => (code === 'conflict' ? wrong.taken : wrong.name);

interface Refused {
  readonly name: string;
  readonly why: string;
}

/** `refused`: a name that cannot be had (any more): then another one is asked for. */
function confirmPage(text: SignUpText, found: SignUp, code: string, refused: Refused | null): SignUpPage {
  const host = hostOf(found.pattern, found.wanted.name);
  const asked =
    refused === null
      ? html`<p>${text.confirm.about(host)}</p>`
      : hostField(text, found.pattern, {
          values: new Map([['name', refused.name]]),
          wrong: new Map([['name', refused.why]]),
        });
  const content = html`<form method="post" action="/sign-up/-/confirm"><input type="hidden" name="code" value="${code}">
${asked}
<button class="act" type="submit">${text.confirm.act}</button></form>`;
  return signUpPage(text, { title: text.confirm.title, content, status: refused === null ? 200 : 409 });
}

const usedPage = (text: SignUpText, { pattern, wanted }: SignUp): SignUpPage =>
  signUpPage(text, {
    title: text.confirm.used,
    content: html`<p>${text.confirm.usedAbout(hostOf(pattern, wanted.name))}</p>`,
  });

async function confirmed(hub: Hub, context: Request, text: SignUpText): Promise<Answered> {
  const { req, env } = context;
  demandSameOrigin(req.raw, { strict: false });
  const visit = visitOf(req.raw, env ?? {});
  const typed = await formIn(req.raw);
  const [code, name] = [typed.get('code') ?? '', typed.get('name')?.trim().toLowerCase()];
  try {
    const isNew = await confirm(hub, code, { name, visit });
    if (!isNew) return usedPage(text, await readSecret(hub.database.db, hub.sealKey, code, 'code'));
    for (const cookie of visit.cookies) context.header('set-cookie', cookie, { append: true });
    return { to: '/sign-up/-/progress' };
  } catch (error) {
    if (!(error instanceof Problem) || !['conflict', 'invalid'].includes(error.code)) throw error;
    const found = await readSecret(hub.database.db, hub.sealKey, code, 'code');
    return confirmPage(text, found, code, { name: name ?? found.wanted.name, why: problem(text, error) });
  }
}

async function progress({ database, sealKey }: Hub, { req, env }: Request, text: SignUpText): Promise<SignUpPage> {
  const { db } = database;
  const visit = visitOf(req.raw, env ?? {});
  const { orderId } = await readSecret(db, sealKey, visit.signUp ?? '', 'progress');
  const { status, url, loginLink } = await orderProgress(db, { sealKey }, orderId ?? '0');
  const { title, about } = text[status];
  if (status === 'working') {
    const content = html`<div role="status"><div class="wait"></div><p>${about}</p></div>`;
    return signUpPage(text, { title, content, again: 2 });
  }
  if (status === 'failed') return signUpPage(text, { title, content: html`<p role="alert">${about}</p>` });
  const content = html`${loginLink === null ? null : html`<p>${about}</p>`}
<p><a class="act" href="${loginLink ?? url}" rel="noreferrer">${loginLink === null ? text.ready.only : text.ready.act}</a></p>
<p class="foot">${url}</p>`;
  return signUpPage(text, { title, content });
}
