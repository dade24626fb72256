import { z } from 'zod';
import { endpoint, listQuery, page } from '../endpoint.ts';
import * as shape from '../role-shapes.ts';
import * as text from '../text.ts';

const permissions = z
  .array(text.permission)
  .max(500)
  .describe("As GET /api/permissions has them: 'site read', 'site task', or one task by its name");
const gone = z.object({ deleted: z.string() });

export const roleEndpoints = {
  'permission list': endpoint({
    method: 'GET',
    path: '/api/permissions',
    summary: 'Everything that a role can let one do',
    answer: z.object({ items: z.array(shape.permission) }),
  }),
  'role list': endpoint({
    method: 'GET',
    path: '/api/roles',
    summary: 'Roles: lists of permissions',
    query: listQuery({}),
    answer: page(shape.role),
  }),
  'role get': endpoint({ method: 'GET', path: '/api/roles/:name', summary: 'One role', answer: shape.role }),
  'role create': endpoint({
    method: 'POST',
    path: '/api/roles',
    summary: 'Make a role',
    body: z.strictObject({ name: text.short, title: text.title.optional(), permissions }),
    answer: shape.role,
    status: 201,
  }),
  'role set': endpoint({
    method: 'PATCH',
    path: '/api/roles/:name',
    summary: 'Change the given fields of a role, for all who have it; null resets',
    body: z.strictObject({
      title: text.title.nullable().optional(),
      permissions: permissions.optional(),
    }),
    answer: shape.role,
  }),
  'role delete': endpoint({
    method: 'DELETE',
    path: '/api/roles/:name',
    summary: 'Delete a role that nobody has',
    answer: gone,
  }),
  'membership list': endpoint({
    method: 'GET',
    path: '/api/memberships',
    summary: 'Which account has which role, for which client',
    query: listQuery({
      account: text.reference.optional(),
      role: text.reference.optional(),
      client: text.reference.optional(),
    }),
    answer: page(shape.membership),
  }),
  'membership create': endpoint({
    method: 'POST',
    path: '/api/memberships',
    summary: 'Give a role to an account, for one client or for the whole hub',
    body: z.strictObject({
      account: text.reference,
      role: text.reference,
      client: text.reference.optional().describe('For what this client owns; for the whole hub unless given'),
    }),
    answer: shape.membership,
    status: 201,
  }),
  'membership delete': endpoint({
    method: 'DELETE',
    path: '/api/memberships/:membership',
    summary: 'Take a role away from an account, by the number of the membership',
    answer: gone,
  }),
};
