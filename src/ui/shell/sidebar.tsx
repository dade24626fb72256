import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { asks, seldom } from '../hub.ts';
import { Icon } from '../parts/icon.tsx';
import { may } from '../parts/may.ts';
import { useText } from '../text/text.ts';
import { usePlaces } from './places.ts';

export function Sidebar(): ReactNode {
  const text = useText();
  const places = usePlaces();
  const { data } = useQuery({ ...asks('status', {}), refetchInterval: seldom, enabled: may('status') });
  const counts: Readonly<Record<string, number | undefined>> = {
    tasks: data && data.queue.queued + data.queue.running,
  };
  return (
    <nav aria-label={text.nav.main}>
      {places.map((place, at) => {
        // biome-ignore lint/suspicious/noArrayIndexKey: the list is written above
        if (place === null) return <hr key={at} />;
        const [to, name, icon] = place;
        const count = counts[name] ?? 0;
        return (
          <Link key={to} to={to} activeOptions={{ exact: to === '/' }} activeProps={{ 'aria-current': 'page' }}>
            <Icon name={icon} />
            <span>{text.nav[name]}</span>
            {count > 0 && (
              <span className="count">
                {count}
                <span className="unseen"> {text.nav.open}</span>
              </span>
            )}
          </Link>
        );
      })}
      <span className="grow" />
      {data && <span className="version">Aegir {data.version}</span>}
    </nav>
  );
}
