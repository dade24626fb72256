import type { ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';

/** Where nothing is yet: what would be here, and the next thing to do. */
export const Empty = ({
  icon,
  title,
  children,
}: {
  icon: IconName;
  title: string;
  children?: ReactNode;
}): ReactNode => (
  <div className="empty">
    <Icon name={icon} size={28} />
    <p>{title}</p>
    {children}
  </div>
);
