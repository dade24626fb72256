import { PasswordInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { useText } from '../text/text.ts';

export function SecretInput({
  label,
  description,
  error,
  value,
  change,
  isNew = false,
  isFirst = false,
  isRequired = false,
}: {
  label: string;
  description?: string | undefined;
  error?: string | undefined;
  value: string;
  change: (value: string) => void;
  /** Tells a password manager that it can make one. */
  isNew?: boolean;
  isFirst?: boolean;
  isRequired?: boolean;
}): ReactNode {
  const text = useText();
  return (
    <PasswordInput
      label={label}
      description={description}
      error={error}
      withAsterisk={isRequired}
      value={value}
      onChange={(event) => change(event.currentTarget.value)}
      autoComplete={isNew ? 'new-password' : 'current-password'}
      {...(isFirst && { 'data-autofocus': true, autoFocus: true })}
      visibilityToggleButtonProps={{ 'aria-label': text.signIn.show(label), 'aria-hidden': false, tabIndex: 0 }}
    />
  );
}
