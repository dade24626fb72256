import { endpointOf, type Given } from '../../api/endpoints.ts';
import type { OfferedVariables } from '../../model/offer.ts';
import { Problem } from '../../model/problem.ts';
import { fieldsOf } from '../fields.ts';
import { type Html, html } from '../html.ts';
import type { Wanted } from '../order-place.ts';
import type { SoldHere } from './sign-ups.ts';
import type { SignUpText } from './text.ts';

/** What somebody has typed, by field; of what is wrong, what to do. */
export interface Typed {
  readonly values: ReadonlyMap<string, string>;
  readonly wrong: ReadonlyMap<string, string>;
}

export const nothingTyped: Typed = { values: new Map(), wrong: new Map() };
const ofVariable = (name: string): string => `v.${name}`;

/** The order that a form asks for, checked by the schema of the API. Throws Problem 'invalid' with its fields. */
export function wantedIn({ variables }: Pick<SoldHere, 'variables'>, form: URLSearchParams): Wanted {
  const given = (name: string): string | undefined => form.get(name)?.trim() || undefined;
  const body = {
    name: given('name')?.toLowerCase() ?? '',
    email: given('email') ?? '',
    title: given('title'),
    account: given('account'),
    values: Object.fromEntries(
      Object.entries(variables).flatMap(([name, { type }]) => {
        const value = valueIn(type, form.get(ofVariable(name)));
        return value === undefined ? [] : [[name, value]];
      }),
    ),
  };
  const parsed = endpointOf('order create').body?.safeParse(body);
  if (parsed?.success) return parsed.data as Given<'order create'>['body']; // of that very schema
  throw new Problem('invalid', 'the form is not filled in as it should be', {
    hint: 'Correct the fields that are named.',
    fields: fieldsOf(parsed?.error, []),
  });
}

/** A box that is not ticked is not sent; what is no number stays the text that it is, and is refused. */
function valueIn(type: OfferedVariables[string]['type'], text: string | null): string | number | boolean | undefined {
  if (type === 'boolean') return text !== null;
  if (text === null || text.trim() === '') return undefined;
  return type === 'number' && /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text.trim()) ? Number(text) : text;
}

/** The same form with what was typed, and what is to be corrected beside it. */
export function typedIn(text: SignUpText, form: URLSearchParams, problem: Problem): Typed {
  const wrong = new Map<string, string>();
  for (const { path } of problem.fields ?? []) {
    const [first = '', second = ''] = path.split('.');
    const name = first === 'values' ? ofVariable(second) : first;
    const known = first in text.wrong ? text.wrong[first as keyof SignUpText['wrong']] : text.wrong.other;
    wrong.set(name, problem.code === 'conflict' ? text.wrong.taken : known);
  }
  return { values: new Map(form), wrong };
}

export function formOf(text: SignUpText, offer: SoldHere, typed: Typed): Html {
  const more = Object.entries(offer.variables).map(([name, { type, title, required, longest }]) => {
    const field = { name: ofVariable(name), label: title ?? name, isRequired: required };
    return type === 'boolean' ? check(field, typed) : line({ ...field, longest, type: 'text' }, typed);
  });
  return html`${typed.wrong.size === 0 ? null : html`<p class="bad" role="alert">${text.wrong.some}</p>`}
<form method="post" action="/sign-up/${offer.name}">
${hostField(text, offer.pattern, typed)}
${line({ name: 'title', label: text.title, isRequired: true, longest: 255, type: 'text' }, typed)}
${line({ name: 'email', label: text.email, isRequired: true, longest: 254, type: 'email', fill: 'email' }, typed)}
${line({ name: 'account', label: text.account, about: text.accountAbout, longest: 60, type: 'text', fill: 'username' }, typed)}
${more}
<button class="act" type="submit">${text.order}</button>
</form>`;
}

/** What is chosen of the host name, between what is fixed of it. */
export function hostField(text: SignUpText, pattern: string, { values, wrong }: Typed): Html {
  const [before = '', after = ''] = pattern.split('{name}');
  const why = wrong.get('name');
  return html`<div class="field"><label for="name">${text.name}</label>
<div class="host">${before === '' ? null : html`<span>${before}</span>`}<input id="name" name="name" required maxlength="40" autocapitalize="none" autocomplete="off" spellcheck="false" value="${values.get('name') ?? ''}" aria-describedby="name-about"${invalid(why)}><span>${after}</span></div>
<p id="name-about" class="${why === undefined ? 'about' : 'bad'}">${why ?? text.nameAbout}</p></div>`;
}

interface Field {
  readonly name: string;
  readonly label: string;
  readonly about?: string;
  readonly isRequired?: boolean;
  readonly longest?: number;
  readonly type?: string;
  readonly fill?: string;
}

function line(
  { name, label, about, isRequired = false, longest = 255, type = 'text', fill = 'off' }: Field,
  typed: Typed,
): Html {
  const why = typed.wrong.get(name);
  const said = why ?? about;
  return html`<div class="field"><label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="${type}" maxlength="${longest}" autocomplete="${fill}" value="${typed.values.get(name) ?? ''}"${isRequired ? html` required` : null}${invalid(why)}${said === undefined ? null : html` aria-describedby="${name}-about"`}>
${said === undefined ? null : html`<p id="${name}-about" class="${why === undefined ? 'about' : 'bad'}">${said}</p>`}</div>`;
}

const check = ({ name, label }: Field, { values, wrong }: Typed): Html =>
  html`<div class="field check"><input id="${name}" name="${name}" type="checkbox" value="1"${values.has(name) ? html` checked` : null}${invalid(wrong.get(name))}><label for="${name}">${label}</label></div>`;

const invalid = (why: string | undefined): Html | null => (why === undefined ? null : html` aria-invalid="true"`);
