import type { BackupContext } from '../context.ts';

/** Whether the store is on the machine of the transfers: then nothing has to be passed on. */
export const isHere = ({ machine, transfers }: Pick<BackupContext, 'machine' | 'transfers'>): boolean =>
  machine === transfers.machine;
