import type { Answer } from '../api/endpoints.ts';

/** What stands above the table of `platform compare`: whether the site can go there, and why not. */
export function comparisonLines(answer: Answer<'platform compare'>): readonly string[] {
  const { platform, from } = answer;
  if (answer.of === 'platform') return [`The sites of ${from}, if they went to ${platform}:`];
  const counts = Object.entries(answer.counts).map(([result, count]) => `${count} ${result}`);
  const head = `${answer.site}, from ${from} to ${platform}: ${answer.possible ? 'possible' : 'NOT possible'}`;
  const why = answer.problems.map(({ message, hint }) => `  ${message}. ${hint}`);
  return [`${head} (${counts.join(', ')})`, ...why];
}
