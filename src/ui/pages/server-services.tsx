import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { Allowed } from '../form/allowed.tsx';
import { type Errors, given, problemErrors } from '../form/errors.ts';
import { Fields } from '../form/fields.tsx';
import { defaultsOf, type Schema } from '../form/schema.ts';
import { asks, useWish } from '../hub.ts';
import { ActButton } from '../parts/act.tsx';
import { Card } from '../parts/facts.tsx';
import { Pill } from '../parts/pill.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { text as current, useText } from '../text/text.ts';
import type { ServerAnswer } from './answers.ts';

/** What a server offers, by its type. */
const serviceTitle = (type: string): string => {
  const titles: Readonly<Record<string, string>> = current().serviceTypes;
  return titles[type] ?? type;
};

type Service = ServerAnswer['services'][number];

/** What the server offers, with a form for each drawn from what its engine can be told. */
export function ServerServices({ server }: { server: ServerAnswer }): ReactNode {
  const text = useText();
  const engines = useQuery({ ...asks('engine list', {}), staleTime: Number.POSITIVE_INFINITY });
  const items = engines.data?.items ?? [];
  const missing = [...new Set(items.map(({ type }) => type))].filter(
    (type) => !server.services.some((one) => one.type === type),
  );
  return (
    <div className="cards">
      {server.services.map((service) => {
        const engine = items.find(({ type, name }) => type === service.type && name === service.engine);
        return (
          <ServiceCard
            key={service.id}
            server={server.name}
            service={service}
            schema={engine?.options as Schema | undefined}
          />
        );
      })}
      {missing.length > 0 && (
        <Card title={text.server.addService}>
          <ul className="lines">
            {items
              .filter(({ type }) => missing.includes(type))
              .map(({ type, name, title }) => (
                <AddService key={`${type} ${name}`} server={server.name} type={type} engine={name} title={title} />
              ))}
          </ul>
        </Card>
      )}
    </div>
  );
}

function AddService({
  server,
  type,
  engine,
  title,
}: {
  server: string;
  type: string;
  engine: string;
  title: string;
}): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  const wish = useWish('service create');
  return (
    <li>
      <span className="dim">{serviceTitle(type)}</span>
      <span className="grow">{title}</span>
      <ActButton
        needs="service create"
        variant="default"
        loading={wish.isPending}
        onClick={() =>
          wish.mutate(
            { params: { name: server }, body: { type, engine } },
            { onSuccess: ({ task }) => void navigate({ to: '/tasks/$task', params: { task: task.id } }) },
          )
        }
      >
        {text.parts.add}
      </ActButton>
      {wish.error && <ProblemNote problem={wish.error} />}
    </li>
  );
}

function ServiceCard({
  server,
  service,
  schema,
}: {
  server: string;
  service: Service;
  schema: Schema | undefined;
}): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  const wish = useWish('service set');
  const [values, setValues] = useState<Readonly<Record<string, unknown>>>(service.options);
  const [errors, setErrors] = useState<Errors>(new Map());
  const fields = Object.keys(schema?.properties ?? {});
  const changed = given(values, service.options);
  const send = (): void =>
    wish.mutate(
      { params: { name: server, type: service.type }, body: { options: changed } },
      {
        onSuccess: ({ tasks }) => void (tasks[0] && navigate({ to: '/tasks/$task', params: { task: tasks[0].id } })),
        onError: (problem) =>
          setErrors(
            new Map([...problemErrors(problem)].map(([path, message]) => [path.replace(/^options\./, ''), message])),
          ),
      },
    );
  return (
    <Card title={`${serviceTitle(service.type)}: ${service.engine}`} side={<Pill status={service.status} />}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <Allowed needs="service set">
          {fields.length === 0 && <p className="dim">{text.server.noOptions}</p>}
          {schema && (
            <Fields
              schema={{ ...schema, required: [] }}
              values={{ ...defaultsOf(schema), ...values }}
              change={setValues}
              errors={errors}
            />
          )}
          {service.secretsSet.length > 0 && (
            <p className="dim">{text.server.secretsSet(service.secretsSet.join(', '))}</p>
          )}
          {wish.error && <ProblemNote problem={wish.error} />}
          {fields.length > 0 && (
            <Button type="submit" loading={wish.isPending} disabled={Object.keys(changed).length === 0}>
              {text.parts.save}
            </Button>
          )}
        </Allowed>
      </form>
    </Card>
  );
}
