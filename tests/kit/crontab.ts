/** Debian's users that have no crontab of their own: whose crontab a test file writes, so that no two write one. */
export type CrontabUser = 'games' | 'news';

/** The real program, as that user runs it. */
export const crontabOf = (user: CrontabUser) => ['runuser', '-u', user, '--', 'crontab'] as const;
