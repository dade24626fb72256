import { MultiSelect, Select, Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { SecretInput } from '../sign-in/secret-input.tsx';
import { useText } from '../text/text.ts';
import { choiceOf } from './label.ts';
import { NumberInput } from './number-input.tsx';
import type { Schema } from './schema.ts';

export interface InputProps {
  readonly label: string;
  readonly description: string | undefined;
  readonly error: string | undefined;
  readonly isRequired: boolean;
  /** Of a list: short, and nothing is a choice too. */
  readonly isFilter: boolean;
  readonly isNullable: boolean;
  readonly schema: Schema;
  readonly value: unknown;
  /** undefined: not given. */
  readonly change: (value: unknown) => void;
}

const told = ({ label, description, error, isRequired }: InputProps) => ({
  label,
  description,
  error,
  withAsterisk: isRequired,
});

export function Choice(props: InputProps): ReactNode {
  const { schema, value, change, isRequired, isFilter, isNullable } = props;
  const text = useText();
  // What is, and cannot be nothing, stays something.
  const [wasEmpty] = useState(value === undefined);
  return (
    <Select
      {...told(props)}
      data={(schema.enum ?? []).map((one) => ({ value: String(one), label: choiceOf(String(one)) }))}
      value={value === undefined ? null : String(value)}
      onChange={(next) => change(next ?? undefined)}
      placeholder={isFilter ? text.list.any : ''}
      clearable={!isRequired && schema.default === undefined && (isFilter || isNullable || wasEmpty)}
      comboboxProps={{ withinPortal: !isFilter }}
    />
  );
}

/** Several of these words; an address has them with commas. */
export function Choices(props: InputProps): ReactNode {
  const { schema, value, change, isFilter } = props;
  const text = useText();
  const chosen = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? value.split(',') : [];
  return (
    <MultiSelect
      {...told(props)}
      data={(schema.items?.enum ?? []).map((one) => ({ value: String(one), label: choiceOf(String(one)) }))}
      value={chosen.filter((one) => schema.items?.enum?.includes(one))}
      onChange={(next) => change(next.length === 0 ? undefined : next)}
      placeholder={isFilter && chosen.length === 0 ? text.list.any : ''}
      comboboxProps={{ withinPortal: !isFilter }}
    />
  );
}

export const Flag = ({ label, description, value, change }: InputProps): ReactNode => (
  <Switch
    label={label}
    description={description}
    checked={value === true}
    onChange={(event) => change(event.currentTarget.checked)}
  />
);

export const NumberField = (props: InputProps): ReactNode => (
  <NumberInput
    {...told(props)}
    {...(props.schema.minimum !== undefined && { minimum: props.schema.minimum })}
    {...(props.schema.maximum !== undefined && { maximum: props.schema.maximum })}
    value={props.value}
    change={props.change}
  />
);

export const Lines = (props: InputProps): ReactNode => (
  <TagsInput
    {...told(props)}
    value={Array.isArray(props.value) ? props.value.map(nameOf) : []}
    onChange={(next) => props.change(next.length === 0 && !Array.isArray(props.value) ? undefined : next)}
    splitChars={[',', ' ']}
    acceptValueOnBlur
  />
);

/** An alias is a name, or a name with what becomes of it. */
const nameOf = (one: unknown): string =>
  typeof one === 'object' && one !== null && 'name' in one ? String(one.name) : String(one);

export function Line(props: InputProps & { isProse: boolean }): ReactNode {
  const { schema, value, change, isProse, label, description, error } = props;
  const shown = typeof value === 'string' ? value : '';
  const typed = (next: string): void => change(next === '' ? undefined : next);
  if (schema.format === 'password')
    return (
      <SecretInput {...{ label, error }} {...(description && { description })} value={shown} change={typed} isNew />
    );
  return (
    <TextInput
      {...told(props)}
      value={shown}
      onChange={(event) => typed(event.currentTarget.value)}
      spellCheck={isProse}
      autoComplete="off"
      inputMode={schema.format === 'email' ? 'email' : 'text'}
    />
  );
}

export const Secret = ({ label, description, error, isRequired, value, change }: InputProps): ReactNode => (
  <SecretInput
    {...{ label, description, error, isRequired }}
    value={typeof value === 'string' ? value : ''}
    change={(typed) => change(typed === '' ? undefined : typed)}
    isNew
  />
);

/** What no other field is for. */
export function JsonField(props: InputProps): ReactNode {
  const { value, change, error } = props;
  const text = useText();
  const [typed, setTyped] = useState(value === undefined ? '' : JSON.stringify(value, null, 2));
  const [isBad, setBad] = useState(false);
  return (
    <Textarea
      {...told(props)}
      error={isBad ? text.form.notJson : error}
      value={typed}
      autosize
      minRows={2}
      maxRows={12}
      spellCheck={false}
      classNames={{ input: 'mono' }}
      onChange={(event) => {
        const next = event.currentTarget.value;
        setTyped(next);
        try {
          change(next.trim() === '' ? undefined : JSON.parse(next));
          setBad(false);
        } catch {
          setBad(true);
        }
      }}
    />
  );
}
