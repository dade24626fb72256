import type { ReactNode } from 'react';

/** Names with what they are, one below the other. What is null is left out. */
export const Facts = ({ of }: { of: readonly (readonly [string, ReactNode])[] }): ReactNode => (
  <dl className="facts">
    {of
      .filter(([, value]) => value !== null && value !== undefined && value !== '')
      .map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
);

export const Card = ({
  title,
  side,
  children,
}: {
  title?: string;
  side?: ReactNode;
  children: ReactNode;
}): ReactNode => (
  <section className="card">
    {title !== undefined && (
      <header>
        <h2>{title}</h2>
        {side}
      </header>
    )}
    {children}
  </section>
);
