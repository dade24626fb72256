import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { type Answer, type EndpointName, endpointOf, type Input } from '../../api/endpoints.ts';
import { useWish } from '../hub.ts';
import { ProblemNote } from '../parts/problem-note.tsx';
import { useText } from '../text/text.ts';
import { Allowed } from './allowed.tsx';
import { checked, type Errors, given, problemErrors } from './errors.ts';
import { Fields } from './fields.tsx';
import { defaultsOf, schemaOf } from './schema.ts';

/** A form for one endpoint: drawn and checked by the same schema as the API, and what the hub finds stands beside the field too. */
export function EndpointForm<Name extends EndpointName>({
  name,
  params = {},
  values: before = {},
  fixed = {},
  main,
  leave = [],
  submit,
  done,
  cancel,
  isChange = false,
  etag,
  client,
  children,
}: {
  name: Name;
  params?: Readonly<Record<string, string>>;
  values?: Readonly<Record<string, unknown>>;
  /** Sent, not asked for. */
  fixed?: Readonly<Record<string, unknown>>;
  main?: readonly string[];
  leave?: readonly string[];
  submit: string;
  done: (answer: Answer<Name>) => void;
  cancel?: () => void;
  /** Only what is different now is sent, and a field that was emptied as null. */
  isChange?: boolean;
  /** Of what is changed, as it is shown: refused if somebody else has changed it since. */
  etag?: string | undefined;
  /** Whose the thing is that is changed. */
  client?: string | undefined;
  /** Below the fields: what no field is drawn for. */
  children?: ReactNode;
}): ReactNode {
  const text = useText();
  const wish = useWish(name, etag === undefined ? {} : { ifMatch: etag });
  const type = endpointOf(name).body;
  const schema = schemaOf(type);
  const [values, setValues] = useState(() => ({ ...(isChange ? {} : defaultsOf(schema)), ...before }));
  const [errors, setErrors] = useState<Errors>(new Map());
  const send = async (): Promise<void> => {
    const body = { ...given(values, isChange ? before : undefined), ...fixed };
    const wrong = checked(type, body);
    setErrors(wrong);
    if (wrong.size > 0) return;
    const input = { params, body } as unknown as Input<Name>; // Just checked with the endpoint's own schema.
    await wish.mutateAsync(input).then(done, (problem: unknown) => setErrors(problemErrors(problem)));
  };
  const isUnsaid = [...errors.keys()].some((path) => !((path.split('.')[0] ?? '') in (schema.properties ?? {})));
  return (
    <form
      className="stack form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Allowed needs={name} client={client}>
        <Fields
          schema={schema}
          values={values}
          change={setValues}
          errors={errors}
          main={main}
          leave={[...leave, ...Object.keys(fixed)]}
        />
        {children}
        {wish.error && (errors.size === 0 || isUnsaid) && <ProblemNote problem={wish.error} />}
        {errors.size > 0 && (
          <p className="wrong" role="alert">
            {text.form.wrong(errors.size)}
          </p>
        )}
        <div className="actions">
          <Button type="submit" loading={wish.isPending}>
            {submit}
          </Button>
          {cancel && (
            <Button variant="default" onClick={cancel}>
              {text.parts.cancel}
            </Button>
          )}
        </div>
      </Allowed>
    </form>
  );
}
