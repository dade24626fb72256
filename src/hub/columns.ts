import type { ColumnType } from 'kysely';

// Types of columns, as they are read and as they are written.

/** A bigint: JavaScript's numbers are too small for it, so it is a string of digits. */
export type Id = string;
/** Has a default in the database. */
export type Default<T> = ColumnType<T, T | undefined, T>;
export type Time = ColumnType<Date, Date | string | undefined, Date | string>;
/** timestamptz that may be null. */
export type MaybeTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
/** jsonb: read as a value, written with `jsonb(value)`. */
export type JsonColumn<T> = ColumnType<T, string, string>;
export type JsonDefault<T> = ColumnType<T, string | undefined, string>;
export type MaybeJson<T> = ColumnType<T | null, string | null | undefined, string | null>;
export type Maybe<T> = ColumnType<T | null, T | null | undefined, T | null>;
