import * as z from 'zod';
import type { ZodType } from 'zod';

/** JSON Schema, as much of it as zod writes. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly maxItems?: number;
  readonly writeOnly?: boolean;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly [keyword: string]: unknown;
}

/** What a user may write where zod checks with this schema: JSON Schema is zod's public view of it, its own tree of wrappers is not. */
export const inputSchema = (schema: ZodType): JsonSchema => {
  const written = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  // The dialect is said once, by whoever makes a whole of several.
  delete written.$schema;
  return written as JsonSchema;
};

/** The schemas a value may have: itself, or one of several. */
export const alternatives = (schema: JsonSchema): readonly JsonSchema[] =>
  schema.anyOf || schema.oneOf ? [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap(alternatives) : [schema];

/** The schemas of the value at a path. */
export const schemasAt = (schema: JsonSchema, path: readonly (string | number)[]): readonly JsonSchema[] =>
  path.reduce<readonly JsonSchema[]>(
    (nodes, step) =>
      nodes.flatMap((node) => {
        const below = typeof step === 'number' ? node.items : (node.properties?.[step] ?? node.additionalProperties);
        return typeof below === 'object' ? alternatives(below) : [];
      }),
    alternatives(schema),
  );
