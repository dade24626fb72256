import { TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { asks } from '../hub.ts';
import { Empty } from '../parts/empty.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { useText } from '../text/text.ts';

/** A worker goes there for each look. */
const lookEveryMs = 10_000;
const typingMs = 300;

/** What its web server wrote lately of its visits, or of what went wrong with them; the newest first. */
export function SiteWebLog({ site, log }: { site: string; log: 'access' | 'error' }): ReactNode {
  const text = useText();
  const [typed, type] = useState('');
  const [q] = useDebouncedValue(typed.trim(), typingMs);
  const lines = useQuery({
    ...asks('site web-log', { params: { name: site }, query: { log, ...(q !== '' && { q }) } }),
    refetchInterval: lookEveryMs,
    retry: false,
  });
  return (
    <div className="stack">
      <TextInput
        aria-label={text.list.search}
        placeholder={text.list.search}
        value={typed}
        maxLength={200}
        maw={320}
        onChange={(event) => type(event.currentTarget.value)}
      />
      <p className="dim">{text.site.webLogAbout}</p>
      <Loaded query={lines}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="task" title={text.site.webLogNone} />
          ) : (
            <section className="log log-wrapped" aria-label={text.site.webLogs[log]}>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
              <div className="log-lines" tabIndex={0}>
                {items.map(({ status, text: line }, at) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name, and are drawn anew as a whole
                  <div key={at} className="log-line" data-kind={kindOf(log, status)}>
                    {line}
                  </div>
                ))}
              </div>
            </section>
          )
        }
      </Loaded>
    </div>
  );
}

function kindOf(log: 'access' | 'error', status: number | null): string | undefined {
  if (log === 'error' || status === null) return undefined;
  return status >= 500 ? 'bad' : status >= 400 ? 'warn' : undefined;
}
