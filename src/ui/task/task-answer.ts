import type { Answer } from '../../api/endpoints.ts';

export type TaskAnswer = Answer<'task get'>;
