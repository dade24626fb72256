import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef } from 'react';

export interface Tab {
  /** Its address. */
  readonly to: string;
  readonly title: string;
  readonly isOpen: boolean;
}

/** Head of every page: what this is, how it is, what can be done; below it the parts of this one thing. */
export function Page({
  title,
  status,
  about,
  actions,
  tabs,
  children,
}: {
  title: string;
  status?: ReactNode;
  about?: ReactNode;
  actions?: ReactNode;
  tabs?: readonly Tab[];
  children: ReactNode;
}): ReactNode {
  const open = tabs?.find(({ isOpen }) => isOpen);
  useEffect(() => {
    document.title = [open && tabs?.[0] !== open ? open.title : '', title, 'Aegir'].filter(Boolean).join(' · ');
  }, [title, open, tabs]);
  const nav = useRef<HTMLElement>(null);
  // On a phone there are more than fit.
  useEffect(() => {
    nav.current?.querySelector(`[href="${open?.to}"]`)?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [open?.to]);
  return (
    <>
      <header className="page-head">
        <div className="page-title">
          <h1>{title}</h1>
          {status}
          {about && <span className="dim about">{about}</span>}
        </div>
        <div className="actions">{actions}</div>
      </header>
      {tabs && (
        <nav ref={nav} className="tabs" aria-label={title}>
          {tabs.map(({ to, title: name }) => (
            <Link key={to} to={to} activeOptions={{ exact: true, includeSearch: false }}>
              {name}
            </Link>
          ))}
        </nav>
      )}
      {children}
    </>
  );
}
