import { driftLooks } from './drift.ts';
import type { LookType } from './look-type.ts';
import { serverLoad } from './server-load.ts';
import { serverNames } from './server-names.ts';
import { siteWebLog } from './site-web-log.ts';

export const lookTypes: readonly LookType[] = [serverLoad, serverNames, siteWebLog, ...driftLooks];
