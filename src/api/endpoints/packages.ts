import { z } from 'zod';
import { endpoint, listQuery, page } from '../endpoint.ts';
import * as shape from '../package-shapes.ts';
import * as text from '../text.ts';

const enabled = z.enum(['true', 'false']).optional();
const type = text.word.optional().describe('core, profile, module, theme, engine, plugin or mu-plugin');

export const packageEndpoints = {
  'platform packages': endpoint({
    method: 'GET',
    path: '/api/platforms/:name/packages',
    summary: 'Profiles, modules, themes and plugins in a platform',
    query: listQuery({ type, enabled: enabled.describe('On any of its sites') }),
    answer: page(shape.packageFound),
  }),
  'platform compare': endpoint({
    method: 'GET',
    path: '/api/platforms/:name/compare',
    summary: 'What a platform would mean for a site, package by package, or for each site of another platform',
    query: listQuery({
      site: text.reference.optional().describe('The site that would come; or --from'),
      from: text.reference.optional().describe('The platform whose sites would come'),
      type,
      result: z.enum(['same', 'upgrade', 'downgrade', 'missing']).optional().describe('Of a site: these packages only'),
    }),
    answer: shape.comparison,
  }),
  'site packages': endpoint({
    method: 'GET',
    path: '/api/sites/:name/packages',
    summary: 'Packages as this site has them',
    query: listQuery({ type, enabled }),
    answer: page(shape.packageOnSite),
  }),
  'package list': endpoint({
    method: 'GET',
    path: '/api/packages',
    summary: 'Packages of all platforms and sites, with their versions',
    query: listQuery({ type, application: text.word.optional() }),
    answer: page(shape.packageAnywhere),
  }),
  'package sites': endpoint({
    method: 'GET',
    path: '/api/packages/:package/sites',
    summary: 'Which sites have a package, in which version',
    query: listQuery({
      type,
      application: text.word.optional(),
      enabled,
      version: text.line(100).optional().describe('Of the code that they use'),
      below: text.line(100).optional().describe('Older than this one, or of a version that cannot be compared with it'),
    }),
    answer: page(shape.siteWithPackage),
  }),
};
