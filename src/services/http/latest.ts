/** As web servers write the time into their lines: 2026-11-29T01:02:03+00:00, or 2026/11/29 01:02:03 of nginx's errors. */
const time = /\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d/;

/** Lines of several logs as one, by their time, the last of them. A line without a time stays behind the one before it. */
export function latest(logs: readonly (readonly string[])[], linesMax: number): readonly string[] {
  const timed = logs.flatMap((lines) => {
    let at = '';
    return lines.map((line) => {
      at = time.exec(line)?.[0].replaceAll('/', '-').replace(' ', 'T') ?? at;
      return { at, line };
    });
  });
  return timed
    .toSorted((one, other) => (one.at < other.at ? -1 : Number(one.at > other.at)))
    .slice(-linesMax)
    .map(({ line }) => line);
}
