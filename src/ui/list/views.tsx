import { Button, CloseButton, Popover, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { asks, useWish } from '../hub.ts';
import { Icon } from '../parts/icon.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { tellProblem } from '../parts/tell.ts';
import { useText } from '../text/text.ts';
import type { ListName } from './endpoint-list.ts';
import type { Search } from './search.ts';

/** Lists as somebody has kept them: what the address says of them, under a name. */
export function Views({
  list,
  shown,
  show,
}: {
  list: ListName;
  shown: Search;
  show: (view: Search) => void;
}): ReactNode {
  const text = useText();
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover position="bottom-start" withArrow shadow="md" opened={isOpen} onChange={setOpen}>
      <Popover.Target>
        <Button
          variant="subtle"
          color="gray"
          leftSection={<Icon name="star" size={14} />}
          onClick={() => setOpen(!isOpen)}
        >
          {text.list.views}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Kept
          list={list}
          shown={shown}
          show={(view) => {
            setOpen(false);
            show(view);
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

function Kept({ list, shown, show }: { list: ListName; shown: Search; show: (view: Search) => void }): ReactNode {
  const text = useText();
  const views = useQuery(asks('view list', { query: { list, limit: 200 } }));
  const [create, forget] = [useWish('view create'), useWish('view delete')];
  const [name, setName] = useState('');
  return (
    <div className="stack filters">
      <Loaded query={views} lines={2}>
        {({ items }) => (
          <ul className="lines">
            {items.length === 0 && <li className="dim">{text.list.noViews}</li>}
            {items.map((view) => (
              <li key={view.id}>
                <button type="button" className="plain grow" onClick={() => show(view.search)}>
                  {view.name}
                </button>
                <CloseButton
                  size="sm"
                  aria-label={text.list.forgetView(view.name)}
                  onClick={() => forget.mutate({ params: { view: view.id } }, { onError: tellProblem })}
                />
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate(
            { body: { list, name, search: shown } },
            { onSuccess: () => setName(''), onError: tellProblem },
          );
        }}
      >
        <TextInput
          label={text.list.view}
          description={text.list.keepView}
          value={name}
          maxLength={100}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={create.isPending} disabled={name.trim() === ''}>
          {text.list.keep}
        </Button>
      </form>
    </div>
  );
}
