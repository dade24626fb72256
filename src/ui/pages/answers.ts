import type { Answer } from '../../api/endpoints.ts';

/** What pages of several files are about. */
export type SiteAnswer = Answer<'site get'>;
export type ServerAnswer = Answer<'server get'>;
export type EngineAnswer = Answer<'engine list'>['items'][number];
