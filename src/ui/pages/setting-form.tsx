import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { Allowed } from '../form/allowed.tsx';
import { type Errors, given, problemErrors } from '../form/errors.ts';
import { Field } from '../form/fields.tsx';
import { describedOf, labelOf } from '../form/label.ts';
import { defaultsOf, kindOf, type Schema, without } from '../form/schema.ts';
import { useWish } from '../hub.ts';
import { ProblemNote } from '../parts/problem-note.tsx';
import { tell } from '../parts/tell.ts';
import { SecretInput } from '../sign-in/secret-input.tsx';
import { useText } from '../text/text.ts';

type Setting = Answer<'setting list'>['items'][number];
type Values = Readonly<Record<string, unknown>>;

/** One setting, drawn from the schema that the hub checks it by. */
export function SettingForm({ setting }: { setting: Setting }): ReactNode {
  const text = useText();
  const { name, isDefault, isSecret } = setting;
  const schema = without(setting.schema as Schema); // as the hub made it of zod's
  const before = isSecret ? undefined : (setting.value ?? undefined);
  const [value, setValue] = useState<unknown>(before);
  const [errors, setErrors] = useState<Errors>(new Map());
  const wish = useWish('setting set');
  const save = (next: unknown): void =>
    wish.mutate(
      { params: { name }, body: { value: next ?? null } },
      { onSuccess: () => tell(text.parts.saved), onError: (problem) => setErrors(problemErrors(problem)) },
    );
  const isChanged = JSON.stringify(value) !== JSON.stringify(before);
  const all = { schema, value, change: setValue, errors };
  const kind = isSecret ? 'secret' : kindOf(schema);
  const label = describedOf(setting.about) ?? name;
  return (
    <form
      className="stack form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        save(value);
      }}
    >
      <Allowed needs="setting set">
        {kind === 'secret' && (
          <SecretInput
            label={label}
            description={isDefault ? text.setting.noSecret : text.setting.hasSecret}
            error={errors.get('value')}
            value={typeof value === 'string' ? value : ''}
            change={(typed) => setValue(typed === '' ? undefined : typed)}
            isNew
          />
        )}
        {kind === 'fields' && <Parts {...all} of={name} label={label} />}
        {kind !== 'fields' && kind !== 'secret' && (
          <Field {...all} name={name} label={label} error={errors.get('value')} isPlain />
        )}
        {wish.error && errors.size === 0 && <ProblemNote problem={wish.error} />}
        <div className="actions">
          <code className="dim">{name}</code>
          <span className="grow" />
          {!isDefault && (
            <Button variant="subtle" size="compact-xs" onClick={() => save(null)}>
              {text.setting.reset}
            </Button>
          )}
          {isChanged && (
            <Button type="submit" size="compact-xs" loading={wish.isPending}>
              {text.parts.save}
            </Button>
          )}
        </div>
      </Allowed>
    </form>
  );
}

/** A setting that is several: they are saved together. */
function Parts({
  of,
  label,
  schema,
  value,
  change,
  errors,
}: {
  of: string;
  label: string;
  schema: Schema;
  value: unknown;
  change: (values: Values | undefined) => void;
  errors: Errors;
}): ReactNode {
  const text = useText();
  const defaults = defaultsOf(schema);
  const values = (value ?? {}) as Values; // kindOf says that it is an object
  const labels: { readonly [key: string]: string } = text.setting.parts[of as 'mail.smtp'] ?? {};
  return (
    <fieldset className="group">
      <legend>{label}</legend>
      {value === undefined && <p className="dim">{text.setting.notSet}</p>}
      {Object.entries(schema.properties ?? {}).map(([key, one]) => (
        <Field
          key={key}
          name={key}
          label={labels[key] ?? labelOf(key)}
          schema={one}
          value={values[key] ?? defaults[key] ?? undefined}
          change={(next) => change(given({ ...values, [key]: next }))}
          error={errors.get(`value.${key}`)}
          isRequired={(schema.required ?? []).includes(key)}
          isPlain
        />
      ))}
      {errors.get('value') && <p className="wrong">{errors.get('value')}</p>}
    </fieldset>
  );
}
