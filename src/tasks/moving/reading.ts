import type { MovingStep } from './moving.ts';

/** What the copy has enabled, for when the site is the copy. */
export const readPackagesOfCopy: MovingStep = {
  name: 'read packages',
  async run({ application, machine, installed, report }) {
    if (report.isDryRun) return;
    const { packages, profile } = await application.status(machine, installed);
    await report.record({ copy: { packages, ...(profile !== null && { profile }) } });
  },
  undo: 'nothing', // What was recorded of the copy goes with it.
};
