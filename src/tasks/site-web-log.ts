import { z } from 'zod';
import { maskUrls } from '../model/mask-urls.ts';
import type { LookType } from './look-type.ts';

const asked = z.object({ log: z.enum(['access', 'error']), linesMax: z.int(), q: z.string().nullable() });

/** A line may be as long as a visitor likes. */
const lengthMax = 2000;
/** So many of its last lines are searched. */
const searchedMax = 20_000;

/** The last lines of its web server's logs that are about one of its names, the newest first, without what lets one in. */
export const siteWebLog: LookType = {
  name: 'site web-log',
  async run(load, id, args) {
    const { log, linesMax, q } = asked.parse(args);
    const { http, site } = await load.site(id);
    const names = [site.name, ...site.aliases.map(({ name }) => name)];
    const read = await http.log({ log, names, linesMax: q === null ? linesMax : searchedMax });
    const lines = read.map((line) => maskUrls(line).slice(0, lengthMax));
    // What is hidden is not found either: else it could be guessed, letter by letter.
    const wanted = q?.toLowerCase() ?? '';
    const found = lines.filter((line) => line.toLowerCase().includes(wanted)).slice(-linesMax);
    return { items: found.toReversed().map(itemOf) };
  },
};

/** Host and address stand before the time, and the request between it and the status. */
const written = /^\S+ \S+ - .*? \[(\d{4}-\d\d-\d\dT[\d:]{8})([+-]\d\d):?(\d\d)\] "(?:[^"\\]|\\.)*" (\d{3}) /;

function itemOf(text: string) {
  const [, moment, hours, minutes, status] = written.exec(text) ?? [];
  if (moment === undefined) return { at: null, status: null, text };
  return { at: new Date(`${moment}${hours}:${minutes}`).toISOString(), status: Number(status), text };
}
