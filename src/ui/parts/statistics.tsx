import { Button, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { urlOf } from '../../api/call.ts';
import type { Answer } from '../../api/endpoints.ts';
import { asks } from '../hub.ts';
import { language, useText } from '../text/text.ts';
import { bytes } from './bytes.ts';
import { Empty } from './empty.tsx';
import { Card } from './facts.tsx';
import { Icon } from './icon.tsx';
import { Loaded } from './loaded.tsx';
import { Plot } from './plot.tsx';

type Day = Answer<'statistic days'>['items'][number];
type Figure = Exclude<keyof Day, 'day'>;

const spans = [30, 90, 180] as const;
const dayMs = 24 * 60 * 60_000;
const mb = 1_000_000;
const inMb: ReadonlySet<Figure> = new Set<Figure>(['diskBytes', 'databaseBytes']);
const charts: readonly (readonly [Figure, ...Figure[]])[] = [
  ['requests'],
  ['usersRegistered', 'usersActive'],
  ['posts', 'comments'],
  ['diskBytes', 'databaseBytes'],
];
const colours = ['accent', 'good'] as const;

/** What sites have and are asked for, day by day: of one site, or of all of a client together. */
export function Statistics({ of }: { of: { readonly site: string } | { readonly client: string } }): ReactNode {
  const text = useText();
  const [span, setSpan] = useState<number>(spans[0]);
  // To the day, so that it is the same question all day long.
  const since = new Date(Math.floor(Date.now() / dayMs - span) * dayMs).toISOString();
  const days = useQuery(asks('statistic days', { query: { ...of, since, limit: 200 } }));
  return (
    <div className="stack">
      <div className="toolbar">
        <Select
          aria-label={text.statistics.span}
          data={spans.map((one) => ({ value: String(one), label: text.statistics.days(one) }))}
          value={String(span)}
          onChange={(value) => setSpan(Number(value ?? spans[0]))}
          allowDeselect={false}
          w={160}
        />
        <span className="grow" />
        <Button
          component="a"
          href={urlOf('statistic export', {}, of)}
          download
          variant="default"
          leftSection={<Icon name="download" size={14} />}
        >
          {text.statistics.export}
        </Button>
      </div>
      <Loaded query={days} lines={8}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="task" title={text.statistics.none} />
          ) : (
            <div className="cards">
              {charts.map((figures) => (
                <Chart key={figures[0]} figures={figures} days={items.toReversed()} />
              ))}
            </div>
          )
        }
      </Loaded>
    </div>
  );
}

function Chart({ figures, days }: { figures: readonly [Figure, ...Figure[]]; days: readonly Day[] }): ReactNode {
  const text = useText();
  const { figures: names } = text.statistics;
  const last = days.at(-1);
  const isKnown = days.some((day) => day[figures[0]] !== null);
  return (
    <Card title={text.statistics.charts[figures[0] as keyof typeof text.statistics.charts]}>
      {isKnown ? (
        <Plot
          at={days.map(({ day }) => Date.parse(day) / 1000)}
          lines={figures.map((figure, at) => ({
            name: names[figure],
            values: days.map((day) => {
              const value = day[figure];
              return value !== null && inMb.has(figure) ? value / mb : value;
            }),
            colour: colours[at] ?? 'accent',
          }))}
          {...(inMb.has(figures[0]) && { unit: 'MB' })}
          about={figures.map((figure) => `${names[figure]}: ${shown(figure, last?.[figure] ?? null)}`).join(' · ')}
        />
      ) : (
        <p className="dim">{text.statistics.unknown}</p>
      )}
      <details className="difference">
        <summary>{text.statistics.asTable}</summary>
        <div className="scroll-x">
          <table className="plain">
            <thead>
              <tr>
                <th scope="col">{text.statistics.day}</th>
                {figures.map((figure) => (
                  <th key={figure} scope="col" className="number">
                    {names[figure]}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {days.toReversed().map((day) => (
                <tr key={day.day}>
                  <th scope="row">{day.day}</th>
                  {figures.map((figure) => (
                    <td key={figure} className="number">
                      {shown(figure, day[figure])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </Card>
  );
}

function shown(figure: Figure, value: number | null): string {
  if (value === null) return '–';
  return inMb.has(figure) ? bytes(value) : value.toLocaleString(language());
}
