import { TextInput } from '@mantine/core';
import type { ReactNode } from 'react';

/** What JSON schema says of numbers that have no bound of their own. */
const unbounded = 1e9;

/** A number that is typed; undefined while the field is empty. */
export const NumberInput = ({
  minimum = -unbounded,
  maximum = unbounded,
  value,
  change,
  ...more
}: {
  label: string;
  description?: string | undefined;
  error?: string | undefined;
  withAsterisk?: boolean;
  minimum?: number;
  maximum?: number;
  value: unknown;
  change: (value: number | undefined) => void;
}): ReactNode => (
  <TextInput
    {...more}
    type="number"
    {...(minimum > -unbounded && { min: minimum })}
    {...(maximum < unbounded && { max: maximum })}
    value={typeof value === 'number' ? String(value) : ''}
    onChange={({ currentTarget }) =>
      change(Number.isNaN(currentTarget.valueAsNumber) ? undefined : currentTarget.valueAsNumber)
    }
  />
);
