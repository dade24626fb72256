import '../style/settings.css';
import { Button, NativeSelect } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { asks, call, queries, useWish } from '../hub.ts';
import { NotificationList } from '../lists/notification-list.tsx';
import { Card } from '../parts/facts.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Pill } from '../parts/pill.tsx';
import { tell, tellProblem } from '../parts/tell.ts';
import { useText } from '../text/text.ts';
import { Way } from './way.tsx';
import { Webhooks } from './webhooks.tsx';

type Choices = Answer<'notification choices'>;

/** What one is told of, by which ways, and what became of it. */
export function Notifications({ account }: { account: string }): ReactNode {
  const text = useText();
  const choices = useQuery(asks('notification choices', { query: {} }));
  return (
    <div className="stack">
      <div className="cards">
        <Card title={text.told.choose}>
          <Loaded query={choices}>{(data) => <ChoiceTable choices={data} />}</Loaded>
        </Card>
        <Webhooks account={account} />
      </div>
      <Card title={text.told.sent}>
        <NotificationList account={account} />
      </Card>
    </div>
  );
}

function ChoiceTable({ choices }: { choices: Choices }): ReactNode {
  const text = useText();
  const { items, email, notByMail, notByWebhook } = choices;
  const { noEmail, noMailServer, mailsGoTo } = text.told;
  const byMail = email === null ? noEmail : notByMail === null ? mailsGoTo(email) : noMailServer;
  return (
    <div className="stack">
      <table className="choices">
        <thead>
          <tr>
            <th scope="col">{text.fields.what}</th>
            <th scope="col">{text.told.ways.mail}</th>
            <th scope="col">{text.told.ways.webhook}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <ChoiceRow key={item.kind} item={item} />
          ))}
        </tbody>
      </table>
      <div>
        <p className="dim">{byMail}</p>
        {notByWebhook !== null && <p className="dim">{text.told.noEnabledWebhook}</p>}
      </div>
      <Test />
    </div>
  );
}

/** Saved as soon as it is chosen. */
function ChoiceRow({ item }: { item: Choices['items'][number] }): ReactNode {
  const text = useText();
  const wish = useWish('notification choose');
  const kinds: Readonly<Record<string, { title: string; about: string; default: string }>> = text.told.kinds;
  const { title, about, default: usual } = kinds[item.kind] ?? { title: item.kind, ...item };
  return (
    <tr>
      <th scope="row">
        {title}
        <span className="dim">{about}</span>
        <span className="dim">{text.told.usually(usual)}</span>
      </th>
      {(['mail', 'webhook'] as const).map((way) => (
        <td key={way} data-way={text.told.ways[way]}>
          <NativeSelect
            aria-label={`${title}: ${text.told.ways[way]}`}
            data={(['default', 'always', 'never'] as const).map((value) => ({
              value,
              label: text.told.choices[value],
            }))}
            value={item[way]}
            disabled={wish.isPending}
            onChange={({ currentTarget: { value } }) =>
              wish.mutate(
                { body: { kind: item.kind, [way]: value as 'default' } }, // one of those just given
                { onError: tellProblem, onSuccess: () => tell(text.parts.saved) },
              )
            }
          />
        </td>
      ))}
    </tr>
  );
}

/** One to oneself by each way, at once: better now than when a task has failed. */
function Test(): ReactNode {
  const text = useText();
  const test = useMutation({
    mutationFn: () => call('notification test', { body: {} }),
    onError: tellProblem,
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <>
      <div className="actions">
        <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>
          {text.told.test}
        </Button>
      </div>
      {test.data && (
        <div role="status">
          <ul className="lines">
            {test.data.items.length === 0 && <li>{text.told.noWay}</li>}
            {test.data.items.map((sent) => (
              <li key={sent.id}>
                <Pill status={sent.status} />
                <Way of={sent} />
                {sent.problem && (
                  <span className="dim">
                    {sent.problem.message}
                    {sent.problem.hint !== null && ` – ${sent.problem.hint}`}
                  </span>
                )}
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}
