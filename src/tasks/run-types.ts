import type { RunType } from './run-type.ts';
import { siteCron } from './site-cron.ts';

export const runTypes: readonly RunType[] = [siteCron];
