import type { Answer } from '../api/endpoints.ts';

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

/** As in the file: the last one stands last. */
export const logLines = ({ items }: Answer<'site web-log'>): readonly string[] =>
  items.length === 0 ? ['There is none.'] : items.map(({ text }) => text).toReversed();
