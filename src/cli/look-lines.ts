import type { Answer } from '../api/endpoints.ts';
import { counted } from '../model/counted.ts';
import { moment } from './show.ts';

/** How a server is just now, in sentences. */
export function loadLines({ load, cpus, memory, disks, uptimeSeconds }: Answer<'server load'>): readonly string[] {
  const { totalMb, availableMb, swapTotalMb, swapFreeMb } = memory;
  const swap = swapTotalMb === 0 ? 'no swap' : `${size(swapTotalMb - swapFreeMb)} of ${size(swapTotalMb)} swap used`;
  return [
    `Load: ${load.map((one) => one.toFixed(2)).join(', ')} in the last 1, 5 and 15 minutes, on ${cpus} processor${cpus === 1 ? '' : 's'}.`,
    `Memory: ${size(availableMb)} of ${size(totalMb)} available, ${swap}.`,
    ...disks.map(({ path, totalMb: total, freeMb }) => `Disk ${path}: ${size(freeMb)} of ${size(total)} free.`),
    `Up for ${since(uptimeSeconds)}.`,
  ];
}

const size = (mb: number): string => (mb < 10_240 ? `${mb} MB` : `${(mb / 1024).toFixed(1)} GB`);

function since(seconds: number): string {
  const [days, hours, minutes] = [seconds / 86_400, (seconds / 3600) % 24, (seconds / 60) % 60].map(Math.floor);
  return days === 0 ? `${hours} h ${minutes} min` : `${days} d ${hours} h`;
}

/** Whether names lead where they should, and what to do about those that do not. */
export function namesLines({ checked, differ, differences }: Answer<'server names'>): readonly string[] {
  if (checked === 0) return ['No site has records there.'];
  if (differ === 0) return [`${counted(checked, 'name leads where it should', 'names lead where they should')}.`];
  const more = differ - differences.length;
  return [
    `Of ${counted(checked, 'name')} ${counted(differ, 'leads', 'lead')} elsewhere:`,
    ...differences.map((one) => `  ${one}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
    'Each is put right by: aegir site verify <site>',
  ];
}

/** As in the file: the last one stands last. */
export const logLines = ({ items }: Answer<'site web-log'>): readonly string[] =>
  items.length === 0 ? ['There is none.'] : items.map(({ text }) => text).toReversed();

const kinds: { readonly [kind in Answer<'site drift'>['differences'][number]['kind']]: string } = {
  differs: 'differs',
  missing: 'is missing',
  surplus: 'should not be there',
  rights: 'has other rights',
  other: 'would be put right',
};

/** What differs, with the lines that do: those with '-' are there, those with '+' should be. */
export function driftLines({ subject, lookedAt, since, differences }: Answer<'site drift'>): readonly string[] {
  const { noun, name } = subject;
  if (lookedAt === null) return [`Nobody has looked yet. Now: aegir ${noun} drift ${name} --now true`];
  const looked = `Looked at ${moment(lookedAt)}.`;
  if (since === null) return [`${name} is as the hub wrote it. ${looked}`];
  return [
    `${counted(differences.length, 'thing differs', 'things differ')} from what the hub wrote, since ${moment(since)} or before. ${looked}`,
    ...differences.flatMap(({ what, kind, diff }) => ['', `${what}: ${kinds[kind]}`, ...(diff === null ? [] : [diff])]),
    '',
    `To make it as the hub says: aegir ${noun} verify ${name}`,
  ];
}
