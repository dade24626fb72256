import type { RunType } from './run-type.ts';
import { siteCron } from './site-cron.ts';
import { siteStatistics } from './site-statistics.ts';

export const runTypes: readonly RunType[] = [siteCron, siteStatistics];
