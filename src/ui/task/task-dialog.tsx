import { Button, Modal, Switch, TextInput } from '@mantine/core';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { type Errors, given, problemErrors } from '../form/errors.ts';
import { Fields } from '../form/fields.tsx';
import { defaultsOf, type Schema } from '../form/schema.ts';
import { useWish } from '../hub.ts';
import { ProblemNote } from '../parts/problem-note.tsx';
import { useText } from '../text/text.ts';
import type { Noun } from './noun.ts';

const StagedForm = lazy(async () => ({ default: (await import('./staged-form.tsx')).StagedForm }));

type Added = Answer<'site task'>['task'];

/** Asked before a task that wants to be told something, or that takes something away. */
export function TaskDialog({
  noun,
  name,
  task,
  title,
  schema,
  isDanger,
  about,
  done,
  close,
}: {
  noun: Noun;
  name: string;
  task: string;
  title: string;
  schema: Schema;
  isDanger: boolean;
  about: string | undefined;
  done: (task: Added) => void;
  close: () => void;
}): ReactNode {
  const text = useText();
  const wish = useWish(`${noun} task`);
  const [values, setValues] = useState(() => defaultsOf(schema));
  const [dryRun, setDryRun] = useState(false);
  const [inStages, setInStages] = useState(false);
  const [typed, setTyped] = useState('');
  const [errors, setErrors] = useState<Errors>(new Map());
  const send = async (): Promise<void> => {
    // Whoever has typed its name has said that it is meant.
    const isMeant = isDanger && schema.properties?.['force'] !== undefined;
    const body = { name: task, args: { ...given(values), ...(isMeant && { force: true }) }, dryRun };
    await wish.mutateAsync({ params: { name }, body }).then(
      (answer) => done(answer.task),
      (problem: unknown) => setErrors(ofArgs(problemErrors(problem))),
    );
  };
  const canBeStaged = task === 'site migrate';
  const form = (
    <form
      className="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {about !== undefined && <p>{about}</p>}
      <Fields schema={schema} values={values} change={setValues} errors={errors} leave={isDanger ? ['force'] : []} />
      <Switch
        label={text.task.dryRun}
        description={text.task.dryRunAbout}
        checked={dryRun}
        onChange={(event) => setDryRun(event.currentTarget.checked)}
      />
      {isDanger && !dryRun && (
        <TextInput
          label={text.parts.typeName(name)}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
        />
      )}
      {wish.error && <ProblemNote problem={wish.error} />}
      <div className="actions end">
        <Button variant="default" onClick={close}>
          {text.parts.cancel}
        </Button>
        <Button
          type="submit"
          loading={wish.isPending}
          disabled={isDanger && !dryRun && typed !== name}
          {...(isDanger && { color: 'red' })}
        >
          {title}
        </Button>
      </div>
    </form>
  );
  return (
    <Modal opened onClose={close} title={`${title}: ${name}`} closeButtonProps={{ 'aria-label': text.parts.close }}>
      {canBeStaged && (
        <Switch
          mb="sm"
          label={text.staged.inStages}
          description={text.staged.inStagesAbout}
          checked={inStages}
          onChange={(event) => setInStages(event.currentTarget.checked)}
        />
      )}
      {inStages ? (
        <Suspense>
          <StagedForm site={name} platform={values['platform']} close={close} />
        </Suspense>
      ) : (
        form
      )}
    </Modal>
  );
}

/** The hub says 'args.platform' of a task's own fields. */
const ofArgs = (errors: Errors): Errors =>
  new Map([...errors].map(([path, message]) => [path.replace(/^args\./, ''), message]));
