import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { PermissionBoxes } from '../form/permission-boxes.tsx';
import { asks } from '../hub.ts';
import { Memberships } from '../lists/memberships.tsx';
import { DeleteButton } from '../parts/delete-button.tsx';
import { pageOf } from '../parts/links.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { tabsOf } from '../parts/tabs.ts';
import { tell } from '../parts/tell.ts';
import { useText } from '../text/text.ts';

export function RoleNew(): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  return (
    <Page title={text.role.create}>
      <EndpointForm
        name="role create"
        fixed={{ permissions: [...chosen] }}
        submit={text.role.create}
        done={({ name }) => void navigate({ to: pageOf('role', name) })}
      >
        <PermissionBoxes chosen={chosen} choose={choose} />
      </EndpointForm>
    </Page>
  );
}

const tabs = ['permissions', 'access'] as const;

export function Role(): ReactNode {
  const text = useText();
  const { name, tab = 'permissions' } = useParams({ from: '/roles/$name/{-$tab}' });
  const role = useQuery(asks('role get', { params: { name } }));
  return (
    <Page
      title={name}
      about={role.data && (role.data.title === name ? '' : role.data.title)}
      actions={
        role.data && !role.data.builtIn && <DeleteButton noun="role" name={name} isUsed={role.data.accounts > 0} />
      }
      tabs={tabsOf(tabs, tab, `/roles/${encodeURIComponent(name)}`)}
    >
      <Loaded query={role} lines={10}>
        {(data) =>
          tab === 'access' ? (
            <Memberships of="role" name={name} />
          ) : (
            <Permissions key={`${data.title} ${data.permissions}`} role={data} />
          )
        }
      </Loaded>
      {role.data?.builtIn && <p className="foot">{text.role.builtInAbout}</p>}
    </Page>
  );
}

/** What the administrator may cannot be changed: it is all. */
function Permissions({ role }: { role: Answer<'role get'> }): ReactNode {
  const text = useText();
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set(role.permissions));
  if (chosen.has('*')) return <PermissionBoxes chosen={chosen} choose={choose} isFixed />;
  return (
    <EndpointForm
      name="role set"
      params={{ name: role.name }}
      isChange
      etag={role.etag}
      values={{ title: role.title }}
      fixed={{ permissions: [...chosen] }}
      submit={text.parts.save}
      done={() => tell(text.parts.saved)}
    >
      <PermissionBoxes chosen={chosen} choose={choose} />
    </EndpointForm>
  );
}
