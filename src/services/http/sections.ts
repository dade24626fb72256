/**
 * Files that many sites share, with a section for each. Which section stands where is decided by the names alone, so
 * what is taken out and put back gives the same bytes, whoever changed another section in between.
 */
const heading = '# Written by Aegir, a section for each site; changes here are lost.\n';

const opens = /^# site (\S+)\n/;

/** By site name. */
export function sectionsOf(text: string): ReadonlyMap<string, string> {
  const parts = text.split(/^(?=# site )/m);
  return new Map(
    parts.flatMap(
      (part) =>
        opens
          .exec(part)
          ?.slice(1, 2)
          .map((name) => [name, part] as const) ?? [],
    ),
  );
}

/** The whole file with this section, or without if it is null; null when no section is left. */
export function withSection(text: string | null, site: string, section: string | null): string | null {
  const others = [...sectionsOf(text ?? '')].filter(([name]) => name !== site);
  const all = section === null ? others : [...others, [site, section] as const];
  if (all.length === 0) return null;
  return (
    heading +
    all
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([, part]) => part)
      .join('')
  );
}
