import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import UPlot from 'uplot';

interface PlotLine {
  readonly name: string;
  readonly values: readonly (number | null)[];
  readonly colour: 'good' | 'bad' | 'accent';
}

const height = 150;

/** Values over time. What it shows is said in words too, for who does not see it. */
export function Plot({
  at,
  lines,
  unit,
  about,
}: {
  at: readonly number[];
  lines: readonly PlotLine[];
  unit?: string;
  about: string;
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');
  const asked = JSON.stringify([at, lines, scheme]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `asked` is all of them by value
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const plot = new UPlot(
      optionsFor(element, lines, unit),
      [[...at], ...lines.map(({ values }) => [...values])],
      element,
    );
    const watch = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [asked]);
  return (
    <figure className="plot">
      <div ref={box} className="plot-box" aria-hidden="true" />
      <figcaption className="dim">
        {lines.length > 1 &&
          lines.map(({ name, colour }) => (
            <span key={name} className="swatch" style={{ borderColor: `var(--${colour})` }}>
              {name}
            </span>
          ))}
        {about}
      </figcaption>
    </figure>
  );
}

function optionsFor(element: HTMLElement, lines: readonly PlotLine[], unit: string | undefined): UPlot.Options {
  const colour = (name: string): string => getComputedStyle(element).getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: colour('dim'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  };
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { y: false },
    axes: [
      axis,
      { ...axis, size: 44, values: (_, ticks) => ticks.map((one) => (unit ? `${one} ${unit}` : String(one))) },
    ],
    scales: { y: { range: (_, __, most) => [0, Math.max(1, most)] } },
    series: [
      {},
      ...lines.map((line) => ({ label: line.name, stroke: colour(line.colour), width: 2, points: { show: false } })),
    ],
  };
}
