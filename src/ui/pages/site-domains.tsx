import { ActionIcon, Button, Select, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { Answer, Input } from '../../api/endpoints.ts';
import { endpointOf } from '../../api/endpoints.ts';
import { Allowed } from '../form/allowed.tsx';
import { EndpointForm } from '../form/endpoint-form.tsx';
import { checked, type Errors, problemErrors } from '../form/errors.ts';
import { useWish } from '../hub.ts';
import { Card } from '../parts/facts.tsx';
import { Icon } from '../parts/icon.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { useText } from '../text/text.ts';
import type { SiteAnswer } from './answers.ts';

/** The site's names, which of them it goes by, and how it is reached. */
export function SiteDomains({ site }: { site: SiteAnswer }): ReactNode {
  const text = useText();
  const navigate = useNavigate();
  const { redirection, tls, hsts, certificatePath, keyPath } = site;
  const seen = ({ task }: { task: { id: string } | null }): void => {
    if (task) void navigate({ to: '/tasks/$task', params: { task: task.id } });
  };
  return (
    <div className="cards">
      <Aliases site={site} done={seen} />
      <Card title={text.site.reached}>
        <EndpointForm
          key={JSON.stringify([redirection, tls, hsts, site.certificate, certificatePath, keyPath])}
          name="site set"
          client={site.client}
          params={{ name: site.name }}
          isChange
          etag={site.etag}
          values={{
            tls,
            ...(hsts !== null && { hsts }),
            ...(site.certificate !== null && { certificate: site.certificate }),
            ...(redirection !== null && { redirection }),
            ...(certificatePath !== null && { certificatePath }),
            ...(keyPath !== null && { keyPath }),
          }}
          main={['tls', 'hsts', 'certificate', 'redirection', 'certificatePath', 'keyPath']}
          leave={['title', 'email', 'client', 'aliases', 'data']}
          submit={text.parts.save}
          done={seen}
        />
      </Card>
    </div>
  );
}

type Alias = SiteAnswer['aliases'][number];
const sameAliases = (one: Pick<SiteAnswer, 'aliases'>, other: Pick<SiteAnswer, 'aliases'>): boolean =>
  JSON.stringify(one.aliases) === JSON.stringify(other.aliases);

function Aliases({
  site,
  done,
}: {
  site: SiteAnswer;
  done: (answer: { task: { id: string } | null }) => void;
}): ReactNode {
  const text = useText();
  const [began, setBegan] = useState(site);
  const wish = useWish('site set', { ifMatch: sameAliases(began, site) ? site.etag : began.etag });
  const [aliases, setAliases] = useState<Alias[]>(site.aliases);
  const [errors, setErrors] = useState<Errors>(new Map());
  const isChanged = !sameAliases({ aliases }, site);
  const replace = (at: number, change: Partial<Alias>): void =>
    setAliases(aliases.map((alias, index) => (index === at ? { ...alias, ...change } : alias)));
  const saved = (answer: Answer<'site set'>): void => {
    setBegan(answer.site);
    done(answer);
  };
  const save = (): void => {
    const body: Input<'site set'>['body'] = { aliases: aliases.filter(({ name }) => name.trim() !== '') };
    const wrong = checked(endpointOf('site set').body, body);
    setErrors(wrong);
    if (wrong.size === 0)
      wish.mutate(
        { params: { name: site.name }, body },
        { onSuccess: saved, onError: (problem) => setErrors(problemErrors(problem)) },
      );
  };
  return (
    <Card title={text.fields.aliases}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <Allowed needs="site set" client={site.client}>
          <p className="dim">{text.site.aliasesAbout(site.name)}</p>
          {aliases.map((alias, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row has no name while one is typed
            <div key={at} className="actions alias">
              <TextInput
                aria-label={text.site.alias}
                className="grow"
                value={alias.name}
                error={errors.get(`aliases.${at}`) ?? errors.get(`aliases.${at}.name`)}
                onChange={(event) => replace(at, { name: event.currentTarget.value })}
                spellCheck={false}
                autoComplete="off"
              />
              <Select
                aria-label={text.site.aliasKind}
                w={130}
                data={[
                  { value: 'alias', label: text.choices.alias },
                  { value: 'redirect', label: text.choices.redirect },
                ]}
                value={alias.redirect ? 'redirect' : 'alias'}
                onChange={(value) => replace(at, { redirect: value === 'redirect' })}
                allowDeselect={false}
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={text.site.aliasAway(alias.name)}
                onClick={() => setAliases(aliases.toSpliced(at, 1))}
              >
                <Icon name="cross" />
              </ActionIcon>
            </div>
          ))}
          {errors.get('aliases') && <p className="wrong">{errors.get('aliases')}</p>}
          {wish.error && errors.size === 0 && <ProblemNote problem={wish.error} />}
          <div className="actions">
            <Button
              variant="default"
              leftSection={<Icon name="plus" size={14} />}
              onClick={() => setAliases([...aliases, { name: '', redirect: false }])}
            >
              {text.site.aliasAdd}
            </Button>
            <Button type="submit" disabled={!isChanged} loading={wish.isPending}>
              {text.parts.save}
            </Button>
            {isChanged && <span className="dim">{text.form.unsaved}</span>}
          </div>
        </Allowed>
      </form>
    </Card>
  );
}
