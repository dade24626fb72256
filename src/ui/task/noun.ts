/** What tasks can be about. */
export type Noun = 'site' | 'platform' | 'server' | 'backup' | 'certificate';
