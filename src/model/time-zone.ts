const formats = new Map<string, Intl.DateTimeFormat>();

/** How far the clocks there are ahead of UTC at that moment. */
export function offsetMs(timeZone: string, at: Date): number {
  if (timeZone === 'UTC') return 0;
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en', {
      ...{ timeZone, calendar: 'iso8601', numberingSystem: 'latn', hourCycle: 'h23' },
      ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
    formats.set(timeZone, format);
  }
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? Number.NaN;
  const local = Date.UTC(
    ...([part('year'), part('month') - 1, part('day')] as [number, number, number]),
    ...[part('hour'), part('minute'), part('second')],
  );
  return local - Math.floor(at.getTime() / 1000) * 1000;
}

export function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false; // That is the answer.
  }
}
