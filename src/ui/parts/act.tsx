import { Button, type ButtonProps, Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ButtonHTMLAttributes, ReactElement, ReactNode } from 'react';
import type { EndpointName } from '../../api/endpoints.ts';
import { useWhyNot } from './may.ts';

interface Need {
  /** What it asks of the hub. */
  readonly needs?: EndpointName | undefined;
  /** Whose the thing is that it asks about; left out: it is asked of no thing, or of the hub's own. */
  readonly client?: string | undefined;
}

type Props = Need &
  ButtonProps &
  Omit<ButtonHTMLAttributes<HTMLButtonElement>, keyof ButtonProps> & {
    /** Why it is not possible now, as the hub says. */
    readonly reason?: string | undefined;
  };

const off = { 'data-disabled': true, 'aria-disabled': true } as const;

/** A button that is not possible now, or not for this person, stays where it is and says why. */
export function ActButton({ needs, client, reason, onClick, ...look }: Props): ReactNode {
  const why = useWhyNot(needs, client) ?? reason;
  if (why === undefined) return <Button onClick={onClick} {...look} />;
  return (
    <Reason of={why}>
      <Button {...look} {...off} type="button" />
    </Reason>
  );
}

/** The same of a link that looks like a button. */
export function ActLink({
  needs,
  client,
  to,
  search = {},
  ...look
}: Need & ButtonProps & { to: string; search?: Readonly<Record<string, string>>; children: ReactNode }): ReactNode {
  const why = useWhyNot(needs, client);
  if (why === undefined) return <Button component={Link} to={to} search={search as never} {...look} />;
  return (
    <Reason of={why}>
      <Button {...look} {...off} />
    </Reason>
  );
}

export function Reason({ of, children }: { of: string | undefined; children: ReactNode }): ReactNode {
  if (of === undefined) return children;
  return <Tooltip label={of}>{children as ReactElement}</Tooltip>;
}
