import { Button, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { type Answer, endpointOf, type Input } from '../../api/endpoints.ts';
import { Allowed } from '../form/allowed.tsx';
import { checked, type Errors, given, problemErrors } from '../form/errors.ts';
import { Fields } from '../form/fields.tsx';
import { defaultsOf, type Schema, schemaOf } from '../form/schema.ts';
import { asks, useWish } from '../hub.ts';
import { Card } from '../parts/facts.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { useText } from '../text/text.ts';

type Engines = Answer<'engine list'>['items'];

/** A machine, and by which engine it offers each type of service. */
export function ServerNew(): ReactNode {
  const navigate = useNavigate();
  return (
    <Page title={useText().server.create}>
      <Card>
        <ServerForm done={(task) => void navigate({ to: '/tasks/$task', params: { task } })} />
      </Card>
    </Page>
  );
}

/** `name`: what it is called if nobody says otherwise; `done` is told the task that verifies it. */
export function ServerForm({ name = '', done }: { name?: string; done?: (task: string) => void }): ReactNode {
  const engines = useQuery({ ...asks('engine list', {}), staleTime: Number.POSITIVE_INFINITY });
  return <Loaded query={engines}>{({ items }) => <Form engines={items} suggested={name} done={done} />}</Loaded>;
}

const usual: Readonly<Record<string, string>> = { http: 'nginx', db: 'mysql' };

type Given = Readonly<Record<string, unknown>>;

function Form({
  engines,
  suggested,
  done,
}: {
  engines: Engines;
  suggested: string;
  done: ((task: string) => void) | undefined;
}): ReactNode {
  const text = useText();
  const wish = useWish('server create');
  const types = [...new Set(engines.map(({ type }) => type))];
  const [values, setValues] = useState<Given>({ name: suggested });
  const [chosen, choose] = useState<Readonly<Record<string, string>>>(usual);
  const [options, setOptions] = useState<Readonly<Record<string, Given>>>({});
  const [errors, setErrors] = useState<Errors>(new Map());
  const services = types.flatMap((type) => {
    const engine = engines.find((one) => one.type === type && one.name === chosen[type]);
    return engine ? [engine] : [];
  });
  const send = (): void => {
    const wanted = services.map((one) => ({
      type: one.type,
      engine: one.name,
      options: toldOf(one, options[one.type]),
    }));
    // The endpoint's own schema checks it next.
    const body = { ...given(values), services: wanted } as Input<'server create'>['body'];
    const wrong = checked(endpointOf('server create').body, body);
    setErrors(wrong);
    if (wrong.size > 0) return;
    wish.mutate(
      { body },
      {
        onSuccess: ({ task }) => done?.(task.id),
        onError: (problem) => setErrors(problemErrors(problem)),
      },
    );
  };
  return (
    <form
      className="stack form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Allowed needs="server create">
        <Fields
          schema={schemaOf(endpointOf('server create').body)}
          values={values}
          change={setValues}
          errors={errors}
          main={['name', 'host', 'title']}
          leave={['services']}
        />
        {types.map((type) => (
          <Service
            key={type}
            type={type}
            engines={engines.filter((one) => one.type === type)}
            chosen={chosen[type]}
            choose={(engine) => {
              choose({ ...chosen, [type]: engine ?? '' });
              setOptions({ ...options, [type]: {} });
            }}
            options={options[type] ?? {}}
            change={(next) => setOptions({ ...options, [type]: next })}
            errors={errors}
            path={`services.${services.findIndex((one) => one.type === type)}.options.`}
          />
        ))}
        {wish.error && errors.size === 0 && <ProblemNote problem={wish.error} />}
        {errors.size > 0 && (
          <p className="wrong" role="alert">
            {text.form.wrong(errors.size)}
          </p>
        )}
        <div className="actions">
          <Button type="submit" loading={wish.isPending}>
            {text.server.create}
          </Button>
        </div>
      </Allowed>
    </form>
  );
}

/** What is in force anyway is not told, so that a better default comes to be in force. */
function toldOf({ options }: Engines[number], values: Given = {}): Given {
  const changed = Object.entries(given(values, defaultsOf(options as Schema))); // The API's answer is JSON schema.
  return Object.fromEntries(changed.filter(([, value]) => value !== null));
}

/** By which engine a type of service is offered, and what that engine can be told. */
function Service({
  type,
  engines,
  chosen,
  choose,
  options,
  change,
  errors,
  path,
}: {
  type: string;
  engines: Engines;
  chosen: string | undefined;
  choose: (engine: string | null) => void;
  options: Given;
  change: (options: Given) => void;
  errors: Errors;
  path: string;
}): ReactNode {
  const text = useText();
  const schema = engines.find(({ name }) => name === chosen)?.options as Schema | undefined;
  const label = text.serviceTypes[type as 'http'] ?? type;
  return (
    <fieldset className="group" aria-label={label}>
      <Select
        label={label}
        data={engines.map(({ name, title }) => ({ value: name, label: title }))}
        value={chosen === '' ? null : (chosen ?? null)}
        placeholder={text.server.none1}
        onChange={choose}
        clearable
      />
      {Object.keys(schema?.properties ?? {}).length > 0 && schema && (
        <Fields
          key={chosen}
          schema={{ ...schema, required: [] }}
          values={{ ...defaultsOf(schema), ...options }}
          change={change}
          errors={errors}
          main={[]}
          path={path}
        />
      )}
    </fieldset>
  );
}
