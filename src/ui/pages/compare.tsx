import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Answer } from '../../api/endpoints.ts';
import { ReferenceField } from '../form/reference-field.tsx';
import { asks } from '../hub.ts';
import { useAddress } from '../list/search.ts';
import { Card } from '../parts/facts.tsx';
import { To } from '../parts/links.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Pill } from '../parts/pill.tsx';
import { useText } from '../text/text.ts';

type Comparison = Answer<'platform compare'>;

/** What this platform would mean for a site, or for each site of another platform. */
export function Compare({ platform }: { platform: string }): ReactNode {
  const text = useText();
  const [{ site = '', from = '', by = site ? 'site' : 'from' }, change] = useAddress();
  const isSite = by === 'site';
  const chosen = isSite ? site : from;
  return (
    <div className="stack">
      <Card>
        <div className="stack form">
          <p className="dim">{text.compare.about(platform)}</p>
          <SegmentedControl
            aria-label={text.compare.of}
            data={[
              { value: 'from', label: text.compare.ofPlatform },
              { value: 'site', label: text.compare.ofSite },
            ]}
            value={by}
            onChange={(next) => change({ by: next, site: '', from: '' })}
          />
          <ReferenceField
            key={by}
            noun={isSite ? 'site' : 'platform'}
            label={isSite ? text.fields.site : text.fields.platform}
            value={chosen}
            change={(next) => change({ [isSite ? 'site' : 'from']: String(next ?? '') })}
          />
        </div>
      </Card>
      {chosen !== '' && <Result platform={platform} query={isSite ? { site } : { from }} />}
    </div>
  );
}

function Result({ platform, query }: { platform: string; query: { site?: string; from?: string } }): ReactNode {
  const comparison = useQuery(
    asks('platform compare', { params: { name: platform }, query: { ...query, limit: 200 } }),
  );
  return (
    <Loaded query={comparison}>
      {(data) => (data.of === 'site' ? <OfSite of={data} /> : <OfPlatform of={data} />)}
    </Loaded>
  );
}

function OfSite({ of }: { of: Extract<Comparison, { of: 'site' }> }): ReactNode {
  const text = useText();
  return (
    <>
      <div className="note" data-tone={of.possible ? 'good' : 'bad'}>
        <div>
          <p>
            {of.possible ? text.compare.possible(of.site, of.platform) : text.compare.impossible(of.site, of.platform)}
          </p>
          <Problems of={of.problems} />
        </div>
      </div>
      <Card title={text.compare.packages(of.total)}>
        <ul className="lines">
          {of.items.map((one) => (
            <li key={`${one.type} ${one.name}`}>
              <Pill status={tone[one.level] ?? 'done'}>{text.compare.results[one.result]}</Pill>
              <To noun="package" name={one.name} />
              <span className="dim">{one.remarks.join(' ')}</span>
            </li>
          ))}
        </ul>
      </Card>
    </>
  );
}

const tone: Readonly<Record<string, string>> = { fine: 'done', note: 'running', warning: 'locked', error: 'failed' };

function OfPlatform({ of }: { of: Extract<Comparison, { of: 'platform' }> }): ReactNode {
  const text = useText();
  return (
    <Card title={text.compare.sites(of.total)}>
      <ul className="lines">
        {of.items.map(({ site, possible, counts, problems }) => (
          <li key={site}>
            <Pill status={possible ? 'done' : 'failed'}>{possible ? text.compare.can : text.compare.cannot}</Pill>
            <To noun="site" name={site} />
            <span className="dim number">
              {text.compare.counts(counts.upgrade, counts.same, counts.downgrade, counts.missing)}
            </span>
            <Problems of={problems} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

const Problems = ({ of }: { of: readonly { code: string; message: string; hint: string }[] }): ReactNode =>
  of.length > 0 && (
    <ul>
      {of.map(({ message, hint }) => (
        <li key={message}>
          {message} <span className="dim">{hint}</span>
        </li>
      ))}
    </ul>
  );
