import { Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { call, queries, useWish } from '../hub.ts';
import { ActButton } from '../parts/act.tsx';
import { DangerDialog } from '../parts/danger.tsx';
import { Card } from '../parts/facts.tsx';
import { ShownOnce } from '../parts/shown-once.tsx';
import { tellProblem } from '../parts/tell.ts';
import { exact, Time } from '../parts/time.tsx';
import { useText } from '../text/text.ts';
import { BeAnother } from './as-another.tsx';

type Account = Pick<Answer<'account get'>, 'name' | 'status' | 'hasPassword' | 'secondFactor' | 'invitedUntil'>;

/** How somebody else comes in: what an administrator does about it. A link is shown once, to be handed over. */
export function AccessOf({ account }: { account: Account }): ReactNode {
  const text = useText();
  const { name, hasPassword, secondFactor, invitedUntil } = account;
  const [isAsking, setAsking] = useState(false);
  const away = useWish('account reset-factors');
  const link = useMutation({
    mutationFn: () => call(hasPassword ? 'account reset-password' : 'account invite', { params: { name } }),
    onError: tellProblem,
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <Card title={text.own.access}>
      <ul className="lines">
        <li>
          <span className="grow">
            {hasPassword ? text.own.hasPassword : text.own.noPassword}
            {invitedUntil !== null && (
              <span className="dim">
                {' '}
                · {text.own.linkUntil} <Time at={invitedUntil} />
              </span>
            )}
          </span>
          <ActButton
            needs="account reset-password"
            variant="default"
            loading={link.isPending}
            onClick={() => link.mutate()}
          >
            {hasPassword ? text.own.resetPassword : text.own.invite}
          </ActButton>
        </li>
        <li>
          <span className="grow">{secondFactor ? text.own.hasFactor : text.own.noFactor}</span>
          <ActButton
            needs="account reset-factors"
            variant="outline"
            color="red"
            disabled={!secondFactor}
            onClick={() => setAsking(true)}
          >
            {text.own.resetFactors}
          </ActButton>
        </li>
        <li>
          <span className="grow">{text.another.about}</span>
          <BeAnother account={account} />
        </li>
      </ul>
      {link.data && <ShownLink {...link.data} close={link.reset} />}
      {isAsking && (
        <DangerDialog
          title={text.own.resetFactors}
          name={name}
          act={() => away.mutateAsync({ params: { name } })}
          close={() => setAsking(false)}
        >
          <p>{text.own.resetFactorsAbout}</p>
        </DangerDialog>
      )}
    </Card>
  );
}

/** A one-time link; whoever opens it first chooses the password. */
export function ShownLink({
  link,
  expiresAt,
  close,
}: {
  link: string;
  expiresAt: string;
  close: () => void;
}): ReactNode {
  const text = useText();
  return (
    <Modal opened onClose={close} title={text.own.link} closeButtonProps={{ 'aria-label': text.parts.close }}>
      <ShownOnce about={text.own.linkAbout(exact(expiresAt))} label={text.own.link} value={link} close={close} />
    </Modal>
  );
}
