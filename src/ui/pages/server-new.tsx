import { Button, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { endpointOf } from '../../api/endpoints.ts';
import { checked, type Errors, problemErrors } from '../form/errors.ts';
import { schemaOf } from '../form/schema.ts';
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
  const [values, setValues] = useState<{ readonly name: string; readonly title: string; readonly host: string }>({
    name: suggested,
    title: '',
    host: '',
  });
  const [chosen, choose] = useState<Readonly<Record<string, string>>>(usual);
  const [errors, setErrors] = useState<Errors>(new Map());
  const schema = schemaOf(endpointOf('server create').body);
  const send = (): void => {
    const services = Object.entries(chosen).map(([type, engine]) => ({ type, engine }));
    const { name, title, host } = values;
    const body = { name, ...(title !== '' && { title }), ...(host !== '' && { host }), services };
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
      {(['name', 'host', 'title'] as const).map((key) => (
        <TextInput
          key={key}
          label={text.fields[key]}
          description={schema.properties?.[key]?.description}
          withAsterisk={key === 'name'}
          value={values[key]}
          error={errors.get(key)}
          onChange={(event) => setValues({ ...values, [key]: event.currentTarget.value })}
          spellCheck={false}
          autoComplete="off"
        />
      ))}
      {types.map((type) => (
        <Select
          key={type}
          label={text.serviceTypes[type as 'http'] ?? type}
          data={engines.filter((one) => one.type === type).map(({ name, title }) => ({ value: name, label: title }))}
          value={chosen[type] ?? null}
          placeholder={text.server.none1}
          onChange={(engine) =>
            choose(
              Object.fromEntries(Object.entries({ ...chosen, [type]: engine ?? '' }).filter(([, one]) => one !== '')),
            )
          }
          clearable
        />
      ))}
      {wish.error && errors.size === 0 && <ProblemNote problem={wish.error} />}
      <div className="actions">
        <Button type="submit" loading={wish.isPending}>
          {text.server.create}
        </Button>
      </div>
    </form>
  );
}
