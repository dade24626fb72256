import { Button, Menu, Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { Input } from '../../api/endpoints.ts';
import { type Errors, given, problemErrors } from '../form/errors.ts';
import { Fields } from '../form/fields.tsx';
import { labelOf } from '../form/label.ts';
import { NumberInput } from '../form/number-input.tsx';
import { defaultsOf, type Schema } from '../form/schema.ts';
import { asks, useWish } from '../hub.ts';
import type { Search } from '../list/search.ts';
import type { Selection } from '../list/selection.ts';
import { Icon } from '../parts/icon.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { titleOf } from '../task/title.ts';
import { useText } from '../text/text.ts';

/** What makes no sense for many at once, or is asked for elsewhere. */
const alone = new Set([
  'site install',
  'site import',
  'site clone',
  'site login',
  'site hand-over',
  'site rename',
  'site restore',
]);

/** One task for many sites: a batch of those that were ticked, or of all that match, seen or not. */
export function SiteBulk({
  selection,
  query,
  total,
  clear,
}: {
  selection: Selection;
  query: Search;
  total: number;
  clear: () => void;
}): ReactNode {
  const text = useText();
  const types = useQuery({ ...asks('task-type list', {}), staleTime: Number.POSITIVE_INFINITY });
  const [task, setTask] = useState<{ name: string; title: string; args: Schema } | null>(null);
  const count = selection.count(total);
  const offered = (types.data?.items ?? []).filter(({ name, noun }) => noun === 'site' && !alone.has(name));
  return (
    <>
      <strong>{selection.isAll ? text.bulk.all(count) : text.bulk.some(count)}</strong>
      <span className="grow" />
      <Menu position="bottom-end">
        <Menu.Target>
          <Button rightSection={<Icon name="down" size={14} />}>{text.parts.actions}</Button>
        </Menu.Target>
        <Menu.Dropdown>
          {offered.map(({ name, title, args }) => (
            <Menu.Item
              key={name}
              onClick={() => setTask({ name, title: titleOf({ name, title }, text.tasks), args: args as Schema })} // as zod made it
              {...(name === 'site delete' && { color: 'red' })}
            >
              {titleOf({ name, title }, text.tasks)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Button variant="default" onClick={clear}>
        {text.bulk.clear}
      </Button>
      {task && <BatchDialog task={task} count={count} which={which(selection, query)} close={() => setTask(null)} />}
    </>
  );
}

type Which = Pick<Input<'batch create'>['body'], 'sites' | 'matching'>;

function which({ isAll, keys }: Selection, { sort: _, ...query }: Search): Which {
  return isAll ? { matching: query as NonNullable<Which['matching']> } : { sites: [...keys] };
}

function BatchDialog({
  task,
  count,
  which: members,
  close,
}: {
  task: { name: string; title: string; args: Schema };
  count: number;
  which: Which;
  close: () => void;
}): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  const wish = useWish('batch create');
  const [values, setValues] = useState(() => defaultsOf(task.args));
  const [rule, setRule] = useState({ canary: Math.min(1, count - 1), parallel: 2, failuresMax: 1 });
  const [errors, setErrors] = useState<Errors>(new Map());
  const send = (): void =>
    wish.mutate(
      { body: { name: task.name, args: given(values), ...members, ...rule } },
      {
        onSuccess: ({ batch }) => void navigate({ to: '/batches/$batch', params: { batch: batch.id } }),
        onError: (problem) =>
          setErrors(
            new Map([...problemErrors(problem)].map(([path, message]) => [path.replace(/^args\./, ''), message])),
          ),
      },
    );
  return (
    <Modal
      opened
      onClose={close}
      title={`${task.title}: ${text.bulk.sites(count)}`}
      closeButtonProps={{ 'aria-label': text.parts.close }}
    >
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <p className="dim">{text.bulk.about}</p>
        <Fields schema={task.args} values={values} change={setValues} errors={errors} />
        {(['canary', 'parallel', 'failuresMax'] as const).map((key) => (
          <NumberInput
            key={key}
            label={labelOf(key)}
            description={text.bulk[key]}
            minimum={key === 'canary' ? 0 : 1}
            maximum={key === 'canary' ? 1000 : 100}
            value={rule[key]}
            change={(value) => setRule({ ...rule, [key]: value ?? 0 })}
          />
        ))}
        {wish.error && <ProblemNote problem={wish.error} />}
        <div className="actions end">
          <Button variant="default" onClick={close}>
            {text.parts.cancel}
          </Button>
          <Button type="submit" loading={wish.isPending} {...(task.name === 'site delete' && { color: 'red' })}>
            {text.bulk.begin(count)}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
