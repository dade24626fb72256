import type { Answer } from '../../api/endpoints.ts';
import { type Change, differences, type FieldChange, given, type Step, type Values, valuesOf } from './change.ts';
import type { Farm, ServiceItem } from './farm-file.ts';
import { deleting, fixed, type Planning, recovery, setting } from './plan-owners.ts';

/** A server with its services. Those that the file does not name are left as they are. */
export function planServer(
  planning: Planning,
  name: string,
  { absent, services, root, ...wanted }: Farm['servers'][string],
): Change | null {
  const now = planning.found.server.get(name);
  if (absent) return now ? deleting('server', name, { ask: 'server delete', input: { params: { name } } }) : null;
  if (!now) return newServer(planning, name, { ...wanted, root }, services);
  fixed(planning, 'server', name, { root }, { ...now });
  const changes = Object.entries(services).map(([type, service]) =>
    planService(
      planning,
      name,
      type,
      service,
      now.services.find((one) => one.type === type),
    ),
  );
  const own = differences(wanted, { ...now });
  const again = recovery('server', now, ['server verify']);
  const steps = changes.flatMap((one) => one.steps);
  // Each change of a service verifies the server.
  const follow = {
    how: steps.length > 0 ? 'change' : again.how,
    steps: steps.length > 0 ? steps : again.steps,
  } as const;
  const change = setting('server set', now, own, follow);
  return change && { ...change, fields: [...own, ...changes.flatMap(({ fields }) => fields)] };
}

function newServer(
  planning: Planning,
  name: string,
  wanted: Values,
  services: Readonly<Record<string, ServiceItem>>,
): Change {
  const all = Object.entries(services).filter(([, { absent }]) => !absent);
  for (const [type, service] of all) demandEngine(planning, name, type, service);
  const made = all.map(([type, { engine, options, publishTo }]) => ({
    ...{ type, engine, ...(publishTo && { publishTo }) },
    options: reveal(planning, secretsOf(planning, type, engine), options),
  }));
  return {
    ...{ noun: 'server', name, how: 'add' },
    fields: [...given(wanted), ...all.flatMap(([type, service]) => shown(planning, type, service))],
    steps: [{ ask: 'server create', input: { body: { ...valuesOf(given(wanted)), name, services: made } } }],
  };
}

function demandEngine({ complain }: Planning, server: string, type: string, { engine }: ServiceItem): void {
  if (engine === undefined) complain(`service ${type} of server ${server} is new and has no engine`);
}

const secretsOf = ({ found }: Planning, type: string, engine: string | undefined): readonly string[] =>
  found.secrets.get(`${type} ${engine}`) ?? [];

function reveal({ file }: Planning, secrets: readonly string[], options: Values): Values {
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => [key, secrets.includes(key) ? file.secret(value) : value]),
  );
}

function shown(planning: Planning, type: string, { engine, options, publishTo }: ServiceItem): FieldChange[] {
  const secrets = secretsOf(planning, type, engine);
  return [
    { field: `${type}.engine`, to: engine },
    ...(publishTo ? [{ field: `${type}.publishTo`, to: publishTo }] : []),
    ...Object.entries(options).map(([key, to]) => ({
      field: `${type}.${key}`,
      to: secrets.includes(key) ? '(secret)' : to,
    })),
  ];
}

interface ServiceChange {
  readonly fields: readonly FieldChange[];
  readonly steps: readonly Step[];
}

function planService(
  planning: Planning,
  server: string,
  type: string,
  service: ServiceItem,
  now: Answer<'service get'> | undefined,
): ServiceChange {
  const params = { name: server, type };
  if (service.absent) return now ? removal(params, now) : { fields: [], steps: [] };
  if (!now) {
    demandEngine(planning, server, type, service);
    const options = reveal(planning, secretsOf(planning, type, service.engine), service.options);
    const body = { type, engine: service.engine, options, ...(service.publishTo && { publishTo: service.publishTo }) };
    return {
      fields: shown(planning, type, service),
      steps: [{ ask: 'service create', input: { params: { name: server }, body } }],
    };
  }
  const { engine = now.engine } = service;
  const secrets = secretsOf(planning, type, engine);
  const isOther = engine !== now.engine;
  const open = Object.fromEntries(Object.entries(service.options).filter(([key]) => !secrets.includes(key)));
  const changed = differences(open, isOther ? {} : now.options);
  const sealed = Object.entries(service.options).filter(
    ([key]) => secrets.includes(key) && (isOther || planning.rules.secrets || !now.secretsSet.includes(key)),
  );
  const { publishTo = now.publishTo } = service;
  const isFor = publishTo !== now.publishTo;
  if (!isOther && !isFor && changed.length === 0 && sealed.length === 0) return { fields: [], steps: [] };
  const options = reveal(planning, secrets, {
    ...Object.fromEntries(changed.map(({ field, to }) => [field, to])),
    ...Object.fromEntries(sealed),
  });
  const body = {
    ...(isOther && { engine }),
    ...(isFor && { publishTo }),
    ...(Object.keys(options).length > 0 && { options }),
  };
  return {
    fields: [
      ...(isOther ? [{ field: `${type}.engine`, from: now.engine, to: engine }] : []),
      ...(isFor ? [{ field: `${type}.publishTo`, from: now.publishTo, to: publishTo }] : []),
      ...changed.map(({ field, from, to }) => ({ field: `${type}.${field}`, from, to })),
      ...sealed.map(([key]) => ({ field: `${type}.${key}`, to: '(secret)' })),
    ],
    steps: [{ ask: 'service set', input: { params, body }, ifMatch: now.etag }],
  };
}

const removal = (
  params: { readonly name: string; readonly type: string },
  { engine }: Answer<'service get'>,
): ServiceChange => ({
  fields: [{ field: params.type, from: engine, to: null }],
  steps: [{ ask: 'service delete', input: { params } }],
});
