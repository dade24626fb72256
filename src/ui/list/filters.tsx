import type { ReactNode } from 'react';
import { Field } from '../form/fields.tsx';
import type { Schema } from '../form/schema.ts';
import type { Search } from './search.ts';

/** What a list can be narrowed by, drawn from the schema of its endpoint. */
export const Filters = ({
  filters,
  search,
  change,
}: {
  filters: readonly (readonly [string, Schema])[];
  search: Search;
  change: (words: Search) => void;
}): ReactNode =>
  filters.map(([key, schema]) => (
    <Field
      key={key}
      name={key}
      schema={schema}
      value={search[key]}
      change={(value) => change({ [key]: value === undefined ? '' : String(value) })}
      isFilter
    />
  ));
