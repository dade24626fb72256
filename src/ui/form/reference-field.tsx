import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { call } from '../hub.ts';
import { useText } from '../text/text.ts';

const nouns = {
  platform: 'platform',
  to: 'platform',
  from: 'platform',
  server: 'server',
  dbServer: 'server',
  client: 'client',
  site: 'site',
  account: 'account',
  role: 'role',
  clients: 'client',
  sites: 'site',
  reserve: 'reserve',
  offer: 'offer',
  certificate: 'certificate',
} as const;
export type Noun = (typeof nouns)[keyof typeof nouns];

/** What kind of thing a field of this name refers to. */
export const nounOf = (field: string): Noun | undefined =>
  Object.hasOwn(nouns, field) ? nouns[field as keyof typeof nouns] : undefined;

const offered = 20;

/** Names of things that have this in them, as the hub finds them. */
export function useNames(noun: Noun, typed: string): readonly string[] {
  const [wanted] = useDebouncedValue(typed.trim(), 150);
  const found = useQuery({
    queryKey: ['reference', noun, wanted],
    queryFn: ({ signal }) =>
      call(`${noun} list`, { query: { limit: offered, ...(wanted !== '' && { q: wanted }) } }, { signal }),
    placeholderData: (before) => before,
  });
  return (found.data?.items ?? []).map(({ name }) => name);
}

/** Another thing of the hub, found by typing a part of its name. */
export function ReferenceField({
  noun,
  value,
  change,
  isFilter = false,
  isRequired = false,
  label,
  description,
  error,
}: {
  noun: Noun;
  value: string;
  change: (value: unknown) => void;
  isFilter?: boolean;
  isRequired?: boolean;
  label: string;
  description?: string | undefined;
  error?: string | undefined;
}): ReactNode {
  const text = useText();
  const [typed, setTyped] = useState(value);
  const names = useNames(noun, typed === value ? '' : typed);
  return (
    <Select
      label={label}
      description={description}
      error={error}
      withAsterisk={isRequired}
      data={value === '' || names.includes(value) ? names : [value, ...names]}
      value={value === '' ? null : value}
      onChange={(next) => change(next ?? undefined)}
      searchable
      searchValue={typed}
      onSearchChange={setTyped}
      // The hub has looked already.
      filter={({ options }) => options}
      clearable
      nothingFoundMessage={text.list.noMatch}
      placeholder={isFilter ? text.list.any : ''}
      comboboxProps={{ withinPortal: !isFilter }}
    />
  );
}
