import { Select } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Input } from '../../api/endpoints.ts';
import { Allowed } from '../form/allowed.tsx';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { call } from '../hub.ts';
import { Card, Facts } from '../parts/facts.tsx';
import { tell, tellProblem } from '../parts/tell.ts';
import { Time } from '../parts/time.tsx';
import { type Session, setSession } from '../session.ts';
import { text as current, languageNames, speakAs, useText } from '../text/text.ts';

export function Profile({ session }: { session: Session }): ReactNode {
  const text = useText();
  const { account, roles, helpers } = session;
  return (
    <div className="cards">
      <Card title={text.tabs.profile}>
        <EndpointForm
          key={`${account.title} ${account.email}`}
          name="session set"
          isChange
          main={['title', 'email']}
          leave={['language', 'timeZone']}
          values={{ title: account.title, ...(account.email !== null && { email: account.email }) }}
          submit={text.parts.save}
          done={saved}
        />
      </Card>
      <div className="stack">
        <Card title={text.own.place}>
          <Allowed needs="session set">
            <Place session={session} />
          </Allowed>
        </Card>
        <Card title={text.own.roles}>
          <Facts of={roles.map(({ role, client }) => [role, client ?? text.own.wholeHub])} />
        </Card>
        {helpers.length > 0 && (
          <Card title={text.another.helpers}>
            <ul className="lines">
              {helpers.map(({ by, startedAt, endedAt }) => (
                <li key={startedAt}>
                  <b>{by}</b>
                  <span className="grow" />
                  <span className="dim">
                    <Time at={startedAt} />{' '}
                    {endedAt === null ? (
                      text.another.isHere
                    ) : (
                      <>
                        – <Time at={endedAt} />
                      </>
                    )}
                  </span>
                </li>
              ))}
            </ul>
          </Card>
        )}
      </div>
    </div>
  );
}

function saved(session: Session): void {
  setSession(session);
  tell(current().parts.saved);
}

/** Saved as soon as it is chosen. */
function Place({ session: { language, timeZone } }: { session: Session }): ReactNode {
  const text = useText();
  const change = useMutation({
    mutationFn: (body: Input<'session set'>['body']) => call('session set', { body }),
    onSuccess: async (session) => {
      await speakAs(session.language);
      saved(session);
    },
    onError: tellProblem,
  });
  return (
    <div className="stack form">
      <Select
        label={text.fields.language}
        data={Object.entries(languageNames).map(([value, label]) => ({ value, label }))}
        value={language}
        onChange={(next) => change.mutate({ language: next })}
        placeholder={text.own.asBrowser}
        clearable
        clearButtonProps={{ 'aria-label': text.own.asBrowser }}
      />
      <Select
        label={text.own.timeZone}
        data={Intl.supportedValuesOf('timeZone')}
        value={timeZone}
        onChange={(next) => change.mutate({ timeZone: next })}
        placeholder={text.own.asBrowser}
        limit={100}
        searchable
        clearable
        clearButtonProps={{ 'aria-label': text.own.asBrowser }}
      />
    </div>
  );
}
