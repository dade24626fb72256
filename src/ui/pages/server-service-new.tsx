import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { Allowed } from '../form/allowed.tsx';
import { type Errors, given, optionErrors } from '../form/errors.ts';
import { Fields } from '../form/fields.tsx';
import { defaultsOf, type Schema } from '../form/schema.ts';
import { useWish } from '../hub.ts';
import { ActButton } from '../parts/act.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { serviceTitle } from '../text/service-title.ts';
import { useText } from '../text/text.ts';
import type { EngineAnswer } from './answers.ts';

/** A service that the server may be given: at once, or with a form first where its engine has to be told something. */
export function ServiceNew({ server, engine }: { server: string; engine: EngineAnswer }): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  const wish = useWish('service create');
  const schema = engine.options as Schema; // the hub answers a JSON schema
  const asksFirst = (schema.required ?? []).length > 0;
  const [isOpen, setOpen] = useState(false);
  const [values, setValues] = useState<Readonly<Record<string, unknown>>>({});
  const [errors, setErrors] = useState<Errors>(new Map());
  const options = given(values);
  const send = (): void =>
    wish.mutate(
      {
        params: { name: server },
        // As drawn from the engine's own schema.
        body: { type: engine.type, engine: engine.name, ...(asksFirst && { options: options as never }) },
      },
      {
        onSuccess: ({ task }) => void navigate({ to: '/tasks/$task', params: { task: task.id } }),
        onError: (problem) => setErrors(optionErrors(problem)),
      },
    );
  if (!isOpen)
    return (
      <li>
        <span className="dim">{serviceTitle(engine.type)}</span>
        <span className="grow">{engine.title}</span>
        <ActButton
          needs="service create"
          variant="default"
          loading={wish.isPending}
          onClick={() => (asksFirst ? setOpen(true) : send())}
        >
          {text.parts.add}
        </ActButton>
        {wish.error && <ProblemNote problem={wish.error} />}
      </li>
    );
  return (
    <li>
      <form
        className="stack grow"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <Allowed needs="service create">
          <strong>{engine.title}</strong>
          <Fields schema={schema} values={{ ...defaultsOf(schema), ...values }} change={setValues} errors={errors} />
          <Button type="submit" loading={wish.isPending}>
            {text.parts.add}
          </Button>
          <Button variant="default" onClick={() => setOpen(false)}>
            {text.parts.cancel}
          </Button>
          {wish.error && <ProblemNote problem={wish.error} />}
        </Allowed>
      </form>
    </li>
  );
}
