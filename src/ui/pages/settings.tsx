import '../style/settings.css';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { asks } from '../hub.ts';
import { Card } from '../parts/facts.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { useText } from '../text/text.ts';
import { SettingForm } from './setting-form.tsx';

/** By how their names begin; what begins otherwise is in the last. */
const groups = {
  sites: ['site', 'cron'],
  backups: ['backup'],
  platforms: ['platform'],
  certificates: ['acme'],
  tasks: ['task', 'queue', 'audit', 'statistic'],
  messages: ['mail', 'webhook'],
  signIn: ['hub', 'sign-in', 'session', 'invitation', 'token', 'impersonation'],
  others: [],
} as const satisfies { readonly [group: string]: readonly string[] };
type Group = keyof typeof groups;

const groupOf = (name: string): Group =>
  (Object.keys(groups) as Group[]).find(
    (
      group, // of the table just above
    ) => groups[group].some((beginning) => name.startsWith(`${beginning}.`)),
  ) ?? 'others';

export function Settings(): ReactNode {
  const text = useText();
  const settings = useQuery(asks('setting list', { query: { limit: 200 } }));
  return (
    <Page title={text.nav.settings}>
      <Loaded query={settings} lines={12}>
        {({ items }) => (
          <div className="setting-cards">
            {(Object.keys(groups) as Group[]) // of the table above
              .map((group) => [group, items.filter(({ name }) => groupOf(name) === group)] as const)
              .filter(([, members]) => members.length > 0)
              .map(([group, members]) => (
                <Card
                  key={group}
                  title={text.setting.groups[group]}
                  side={
                    group === 'messages' && (
                      <Link to="/account/{-$tab}" params={{ tab: 'notifications' }}>
                        {text.setting.tryMail}
                      </Link>
                    )
                  }
                >
                  <div className="settings">
                    {members.map((setting) => (
                      <SettingForm key={`${setting.name} ${JSON.stringify(setting.value)}`} setting={setting} />
                    ))}
                  </div>
                </Card>
              ))}
          </div>
        )}
      </Loaded>
    </Page>
  );
}
