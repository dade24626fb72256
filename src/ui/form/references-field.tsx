import { MultiSelect } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useText } from '../text/text.ts';
import type { InputProps } from './inputs.tsx';
import { type Noun, useNames } from './reference-field.tsx';

/** Several things of the hub, each found by typing a part of its name. */
export function ReferencesField({
  noun,
  value,
  change,
  label,
  description,
  error,
  isRequired,
}: InputProps & { noun: Noun }): ReactNode {
  const text = useText();
  const [typed, setTyped] = useState('');
  const names = useNames(noun, typed);
  const chosen = Array.isArray(value) ? value.map(String) : [];
  return (
    <MultiSelect
      label={label}
      description={description}
      error={error}
      withAsterisk={isRequired}
      data={[...chosen.filter((one) => !names.includes(one)), ...names]}
      value={chosen}
      onChange={(next) => change(next.length === 0 && value === undefined ? undefined : next)}
      searchable
      searchValue={typed}
      onSearchChange={setTyped}
      // The hub has looked already.
      filter={({ options }) => options}
      hidePickedOptions
      nothingFoundMessage={text.list.noMatch}
    />
  );
}
