import { z } from 'zod';
import { endpoint, page, someOf, sortedQuery } from '../endpoint.ts';
import * as shape from '../shapes.ts';
import * as text from '../text.ts';
import { added, asked } from './tasks.ts';

export const backupEndpoints = {
  'backup list': endpoint({
    method: 'GET',
    path: '/api/backups',
    summary: 'Backups of sites, the newest first',
    query: sortedQuery(
      {
        site: text.reference.optional().describe('Of this site; of one that is deleted by its id'),
        status: someOf(['queued', 'enabled', 'failed', 'deleted']).optional(),
        pinned: z.enum(['true', 'false']).optional(),
      },
      ['created', 'site', 'bytes'],
    ),
    answer: page(shape.backup),
  }),
  'backup get': endpoint({
    method: 'GET',
    path: '/api/backups/:name',
    summary: 'One backup with its manifest: what is in it, where it lies, what was found when it was tried',
    answer: shape.backupWithManifest,
  }),
  'backup pin': endpoint({
    method: 'POST',
    path: '/api/backups/:name/pin',
    summary: 'Keep it whatever the rules of retention say, and refuse to delete it',
    answer: shape.backup,
  }),
  'backup unpin': endpoint({
    method: 'POST',
    path: '/api/backups/:name/unpin',
    summary: 'Let the rules of retention decide about it again',
    answer: shape.backup,
  }),
  'backup task': endpoint({
    method: 'POST',
    path: '/api/backups/:name/tasks',
    summary: 'Ask for a task on a backup',
    body: asked,
    answer: added,
    status: 202,
  }),
  'backup upload': endpoint({
    method: 'POST',
    path: '/api/backups',
    summary: 'Bring a backup from elsewhere: the body is its file. A task looks into it before anything of it is used',
    query: z.strictObject({
      site: text.reference.optional().describe('Site here that it is one of, so that it can be restored in place'),
      name: text.host
        .optional()
        .describe('How the site was called there; needed where the archive is not one of ours and does not say it'),
      directory: text.directory
        .optional()
        .describe('Its directory below sites/ there, if an archive that is not one of ours does not say it'),
      server: text.reference.optional().describe('Server that keeps it; the only one unless given'),
      note: text.line(500).optional(),
    }),
    upload: true,
    answer: z.object({ backup: shape.backup, task: shape.task }),
    status: 201,
  }),
  'backup download': endpoint({
    method: 'GET',
    path: '/api/backups/:name/file',
    summary: 'The file that the task backup export made; kept for a day',
    answer: z.unknown(),
    file: true,
  }),
};
