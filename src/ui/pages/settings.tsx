import { Button, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { Allowed } from '../form/allowed.tsx';
import { asks, useWish } from '../hub.ts';
import { Card } from '../parts/facts.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { tell } from '../parts/tell.ts';
import { useText } from '../text/text.ts';

type Setting = Answer<'setting list'>['items'][number];

export function Settings(): ReactNode {
  const text = useText();
  const settings = useQuery(asks('setting list', { query: { limit: 200 } }));
  return (
    <Page title={text.nav.settings}>
      <Loaded query={settings}>
        {({ items }) => (
          <div className="stack">
            {items.map((setting) => (
              <One key={`${setting.name} ${JSON.stringify(setting.value)}`} setting={setting} />
            ))}
          </div>
        )}
      </Loaded>
    </Page>
  );
}

/** As JSON: what it may be the hub knows, and says when it is not. */
function One({ setting }: { setting: Setting }): ReactNode {
  const text = useText();
  const before = JSON.stringify(setting.value, null, 1);
  const [typed, setTyped] = useState(before);
  const [isBad, setBad] = useState(false);
  const wish = useWish('setting set');
  const save = (value: unknown): void =>
    wish.mutate({ params: { name: setting.name }, body: { value } }, { onSuccess: () => tell(text.parts.saved) });
  return (
    <Card title={setting.name} side={setting.isDefault ? <span className="dim">{text.setting.isDefault}</span> : null}>
      <form
        className="stack form"
        onSubmit={(event) => {
          event.preventDefault();
          try {
            save(JSON.parse(typed));
          } catch {
            setBad(true);
          }
        }}
      >
        <Allowed needs="setting set">
          <Textarea
            label={setting.about}
            value={typed}
            autosize
            minRows={1}
            maxRows={12}
            spellCheck={false}
            classNames={{ input: 'mono' }}
            error={isBad ? text.form.notJson : undefined}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              setBad(false);
            }}
          />
          {wish.error && <ProblemNote problem={wish.error} />}
          <div className="actions">
            <Button type="submit" loading={wish.isPending} disabled={typed === before}>
              {text.parts.save}
            </Button>
            {!setting.isDefault && (
              <Button variant="default" onClick={() => save(null)}>
                {text.setting.reset}
              </Button>
            )}
          </div>
        </Allowed>
      </form>
    </Card>
  );
}
