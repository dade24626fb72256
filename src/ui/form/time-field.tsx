import { TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import type { InputProps } from './inputs.tsx';

/** A moment: typed in the zone of the viewer, given in UTC. */
export const TimeField = ({ label, description, error, isRequired, value, change }: InputProps): ReactNode => (
  <TextInput
    label={label}
    description={description}
    error={error}
    withAsterisk={isRequired}
    type="datetime-local"
    value={typeof value === 'string' ? local(value) : ''}
    onChange={({ currentTarget: { value: typed } }) =>
      change(Number.isNaN(Date.parse(typed)) ? undefined : new Date(typed).toISOString())
    }
  />
);

/** As such a field writes it: '2026-11-28T14:03'. */
function local(at: string): string {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return '';
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
