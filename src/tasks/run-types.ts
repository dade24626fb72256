import { driftRuns } from './drift.ts';
import type { RunType } from './run-type.ts';
import { serverRequests } from './server-requests.ts';
import { siteCron } from './site-cron.ts';
import { siteStatistics } from './site-statistics.ts';

export const runTypes: readonly RunType[] = [siteCron, siteStatistics, serverRequests, ...driftRuns];
