import { z } from 'zod';

const place = 'aegir-palette';
const keptMax = 6;
const kept = z.array(z.object({ title: z.string(), to: z.string(), icon: z.string() })).max(keptMax);
type Recent = z.infer<typeof kept>[number];

/** What was chosen last, in this browser. */
export function recents(): readonly Recent[] {
  try {
    return kept.parse(JSON.parse(localStorage.getItem(place) ?? '[]'));
  } catch {
    return []; // Somebody else's words: as if there were none.
  }
}

export function remember(one: Recent): void {
  const others = recents().filter(({ to }) => to !== one.to);
  localStorage.setItem(place, JSON.stringify([one, ...others].slice(0, keptMax)));
}
