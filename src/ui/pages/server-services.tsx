import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { api } from '../../api/endpoints.ts';
import { Allowed } from '../form/allowed.tsx';
import { type Errors, given, optionErrors } from '../form/errors.ts';
import { Fields } from '../form/fields.tsx';
import { defaultsOf, type Schema, schemaOf } from '../form/schema.ts';
import { asks, useWish } from '../hub.ts';
import { Card } from '../parts/facts.tsx';
import { Pill } from '../parts/pill.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { serviceTitle } from '../text/service-title.ts';
import { useText } from '../text/text.ts';
import type { ServerAnswer } from './answers.ts';
import { ServiceNew } from './server-service-new.tsx';

/** Whose configuration a web server holds is a field of its service, and shown among what its engine can be told. */
const withPublishing = (type: string, schema: Schema): Schema =>
  type === 'http'
    ? { ...schema, properties: { ...schema.properties, publishTo: schemaOf(api['service set'].body.shape.publishTo) } }
    : schema;
const valuesOf = ({ type, options, publishTo }: Service): Readonly<Record<string, unknown>> =>
  type === 'http' ? { ...options, publishTo } : options;

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
              .map((engine) => (
                <ServiceNew key={`${engine.type} ${engine.name}`} server={server.name} engine={engine} />
              ))}
          </ul>
        </Card>
      )}
    </div>
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
  const before = valuesOf(service);
  const [values, setValues] = useState(before);
  const [errors, setErrors] = useState<Errors>(new Map());
  const fields = Object.keys((schema && withPublishing(service.type, schema).properties) ?? {});
  const changed = given(values, before);
  const { publishTo, ...options } = changed;
  const body = { ...(Object.keys(options).length > 0 && { options }), ...(publishTo !== undefined && { publishTo }) };
  const send = (): void =>
    wish.mutate(
      { params: { name: server, type: service.type }, body: body as never }, // as drawn from the endpoint's own schema
      {
        onSuccess: ({ tasks }) => void (tasks[0] && navigate({ to: '/tasks/$task', params: { task: tasks[0].id } })),
        onError: (problem) => setErrors(optionErrors(problem)),
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
              schema={{ ...withPublishing(service.type, schema), required: [] }}
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
