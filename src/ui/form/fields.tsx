import { Select } from '@mantine/core';
import { type ReactNode, useId, useState } from 'react';
import { Icon } from '../parts/icon.tsx';
import { useText } from '../text/text.ts';
import { Choice, Choices, Flag, type InputProps, JsonField, Line, Lines, NumberField, Secret } from './inputs.tsx';
import { choiceOf, describedOf, labelOf } from './label.ts';
import { nounOf, ReferenceField } from './reference-field.tsx';
import { ReferencesField } from './references-field.tsx';
import { kindOf, type Schema, without } from './schema.ts';
import { TimeField } from './time-field.tsx';

/** All fields of an object: first what must be given and what `main` names, the rest on demand. */
export function Fields({
  schema,
  values,
  change,
  errors,
  path = '',
  leave = [],
  main,
}: {
  schema: Schema;
  values: Readonly<Record<string, unknown>>;
  change: (values: Readonly<Record<string, unknown>>) => void;
  errors: ReadonlyMap<string, string>;
  path?: string;
  /** Not asked for. */
  leave?: readonly string[];
  /** Shown first, in this order; all are if it is not given. */
  main?: readonly string[] | undefined;
}): ReactNode {
  const text = useText();
  const [isOpen, setOpen] = useState(false);
  const more = useId();
  const names = Object.keys(schema.properties ?? {}).filter((name) => !leave.includes(name));
  const first = main
    ? [...main, ...names.filter((name) => !main.includes(name) && schema.required?.includes(name))]
    : names;
  const rest = names.filter((name) => !first.includes(name));
  const field = (name: string): ReactNode => (
    <Field
      key={name}
      name={name}
      schema={schema.properties?.[name] ?? {}}
      value={values[name]}
      change={(value) => change({ ...values, [name]: value })}
      error={errors.get(`${path}${name}`)}
      errors={errors}
      isRequired={schema.required?.includes(name) ?? false}
    />
  );
  const isShown = isOpen || rest.some((name) => errors.has(`${path}${name}`));
  return (
    <>
      {first.filter((name) => names.includes(name)).map(field)}
      {rest.length > 0 && (
        <button
          type="button"
          className="more"
          aria-expanded={isShown}
          aria-controls={more}
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name={isShown ? 'down' : 'right'} size={14} />
          {text.form.more}
        </button>
      )}
      <div id={more} className="stack" hidden={!isShown}>
        {isShown && rest.map(field)}
      </div>
    </>
  );
}

interface FieldProps {
  readonly name: string;
  readonly schema: Schema;
  readonly value: unknown;
  /** undefined: not given. */
  readonly change: (value: unknown) => void;
  readonly error?: string | undefined;
  /** By the whole path of a field: for fields within fields. */
  readonly errors?: ReadonlyMap<string, string>;
  readonly isRequired?: boolean;
  readonly isFilter?: boolean;
  /** Its own, where the name alone would say something else. */
  readonly label?: string;
  /** Whatever its name is, it names no thing of the hub. */
  readonly isPlain?: boolean;
}

const prose = new Set(['title', 'note']);
/** What is not to be read over a shoulder. */
const secrets = new Set(['password', 'secretAccessKey', 'keySecret', 'apiKey', 'apiToken']);

/** One field of what the API takes, drawn from its schema. */
export function Field(props: FieldProps): ReactNode {
  const { name, value, change, error, isRequired = false, isFilter = false, isPlain = false } = props;
  const noun = isPlain ? undefined : nounOf(name);
  const schema = without(props.schema);
  const description = isFilter ? undefined : describedOf(schema.description);
  const all: InputProps = {
    label: props.label ?? labelOf(name),
    description,
    error,
    isRequired,
    isFilter,
    isNullable: schema !== props.schema,
    schema,
    value,
    change,
  };
  switch (kindOf(schema)) {
    case 'choice':
      return <Choice {...all} />;
    case 'choices':
      return <Choices {...all} />;
    case 'flag':
      return <Flag {...all} />;
    case 'number':
      return <NumberField {...all} />;
    case 'time':
      return <TimeField {...all} />;
    case 'lines':
      return noun === undefined ? <Lines {...all} /> : <ReferencesField {...all} noun={noun} />;
    case 'variants':
      return <Variants {...props} schema={schema} />;
    case 'json':
    case 'fields':
      return <JsonField {...all} />;
    case 'line':
      if (secrets.has(name)) return <Secret {...all} />;
      if (noun === undefined) return <Line {...all} isProse={prose.has(name)} />;
      return <ReferenceField {...all} noun={noun} value={typeof value === 'string' ? value : ''} />;
  }
}

/** One of several kinds, each with fields of its own: where a platform's code comes from. */
function Variants({ name, schema, value, change, errors }: FieldProps): ReactNode {
  const text = useText();
  const all = schema.oneOf ?? schema.anyOf ?? [];
  const values = (value ?? {}) as Readonly<Record<string, unknown>>; // kindOf says that it is an object
  const chosen = all.find(({ properties }) => properties?.['type']?.const === values['type']);
  return (
    <fieldset className="group">
      <Select
        label={labelOf(name)}
        description={text.form.variants[name as 'source'] ?? describedOf(schema.description)}
        data={all
          .map(({ properties }) => String(properties?.['type']?.const))
          .map((one) => ({ value: one, label: choiceOf(one) }))}
        value={String(values['type'] ?? '')}
        onChange={(type) => change(type === null ? undefined : { type })}
        allowDeselect={false}
      />
      {chosen && (
        <Fields
          schema={chosen}
          values={values}
          change={(next) => change(next)}
          errors={errors ?? new Map()}
          path={`${name}.`}
          leave={['type']}
        />
      )}
    </fieldset>
  );
}
