import { z } from 'zod';

/** The schema of what may be given; what JSON schema cannot say is left out of it and checked all the same. */
export const schemaOf = (schema: z.ZodType): Record<string, unknown> => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
};
