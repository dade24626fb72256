/** The coarsest times that a file system keeps: two seconds (FAT); ext4's have the length of a clock tick. */
const coarsestMs = 2_000;

/** When something was changed, or null while another change could still get the same time. Both by the clock of its server. */
export const settled = (changedMs: number, nowMs: number): number | null =>
  nowMs - changedMs < coarsestMs ? null : Math.floor(changedMs);
