import { Button, Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { useWish } from '../hub.ts';
import { Card } from '../parts/facts.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Pill } from '../parts/pill.tsx';
import { ShownOnce } from '../parts/shown-once.tsx';
import { tellProblem } from '../parts/tell.ts';
import { Time } from '../parts/time.tsx';
import { useText } from '../text/text.ts';
import { webhooksOf } from './way.tsx';

type Webhook = Answer<'webhook list'>['items'][number];

/** Addresses of one's own programs that are told, each with a secret that signs what it gets. */
export function Webhooks({ account }: { account: string }): ReactNode {
  const text = useText();
  const webhooks = useQuery(webhooksOf(account));
  const [isOpen, setOpen] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const close = (): void => {
    setOpen(false);
    setSecret(null);
  };
  return (
    <Card
      title={text.told.webhooks}
      side={
        <Button variant="default" onClick={() => setOpen(true)}>
          {text.told.addWebhook}
        </Button>
      }
    >
      <Loaded query={webhooks}>
        {({ items }) => (
          <ul className="lines">
            {items.length === 0 && <li className="dim">{text.told.noWebhooks}</li>}
            {items.map((webhook) => (
              <Line key={webhook.id} webhook={webhook} />
            ))}
          </ul>
        )}
      </Loaded>
      <Modal
        opened={isOpen}
        onClose={close}
        title={text.told.addWebhook}
        closeButtonProps={{ 'aria-label': text.parts.close }}
      >
        {secret === null ? (
          <EndpointForm
            name="webhook create"
            leave={['account']}
            submit={text.told.addWebhook}
            done={(made) => setSecret(made.secret)}
          />
        ) : (
          <ShownOnce about={text.told.secretOnce} label={text.told.secret} value={secret} close={close} />
        )}
      </Modal>
    </Card>
  );
}

function Line({ webhook: { id, title, url, status, note, lastSentAt } }: { webhook: Webhook }): ReactNode {
  const text = useText();
  const [set, forget] = [useWish('webhook set'), useWish('webhook delete')];
  const isOn = status === 'enabled';
  return (
    <li>
      <Pill status={status} />
      <span className="grow two breaks">
        {title}
        {title !== url && <code>{url}</code>}
        {note !== null && <span className="wrong">{note}</span>}
        <span className="dim">
          {text.told.lastSent} <Time at={lastSentAt} />
        </span>
      </span>
      <Button
        variant="subtle"
        size="compact-xs"
        loading={set.isPending}
        onClick={() =>
          set.mutate(
            { params: { webhook: id }, body: { status: isOn ? 'disabled' : 'enabled' } },
            { onError: tellProblem },
          )
        }
      >
        {isOn ? text.told.disable : text.told.enable}
      </Button>
      <Button
        variant="subtle"
        color="red"
        size="compact-xs"
        loading={forget.isPending}
        onClick={() => forget.mutate({ params: { webhook: id } }, { onError: tellProblem })}
      >
        {text.parts.remove}
      </Button>
    </li>
  );
}
