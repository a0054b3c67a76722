import { componentSchema, inputSchema, pipelinesConfig, type Factory, type JsonSchema } from '@nfscope/pipeline';

/** A whole configuration: the shape of pipelines, and below the ids of each section the keys of its components. */
export const wholeSchema = (factories: readonly Factory[]): JsonSchema => {
  const shape = inputSchema(pipelinesConfig);
  const sections = [...new Set(factories.map(({ kind }) => kind))].map((kind) => {
    const section = `${kind}s`;
    const byId = factories
      .filter((factory) => factory.kind === kind)
      .map((factory) => [
        idsOf(factory.type),
        { anyOf: [{ ...componentSchema(factory) }, { type: 'null' }], description: factory.description },
      ]);
    const { description, default: none } = shape.properties![section]!;
    const patternProperties = Object.fromEntries(byId) as Record<string, JsonSchema>;
    return [section, { description, default: none, type: ['object', 'null'], patternProperties, additionalProperties: false }];
  });
  return { ...shape, properties: { ...shape.properties, ...(Object.fromEntries(sections) as Record<string, JsonSchema>) } };
};

/** `type` or `type/name`; what a name may have in it is told when it is checked. */
const idsOf = (type: string): string => `^${type}(/[^/\\s]+)?$`;

const EXPRESSION = { $ref: '#/$defs/expression' };

/** JSON Schema of a configuration file, for editors: as above, and anywhere a value may be an expression. */
export const configurationSchema = (factories: readonly Factory[]): object => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Configuration of nfscope',
  ...withExpressions(wholeSchema(factories)),
  $defs: {
    expression: {
      type: 'string',
      pattern: '\\$\\{(env|file):',
      description: 'Text with ${env:NAME}, ${env:NAME:-default} or ${file:PATH} in it.',
    },
  },
});

const withExpressions = (schema: JsonSchema): JsonSchema => {
  const below = (some: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> =>
    Object.fromEntries(Object.entries(some).map(([key, inner]) => [key, withExpressions(inner)]));
  const { description, default: value, ...rest } = schema;
  const inner: JsonSchema = {
    ...rest,
    ...(rest.properties && { properties: below(rest.properties) }),
    ...(rest.patternProperties && { patternProperties: below(rest.patternProperties) }),
    ...(typeof rest.additionalProperties === 'object' && { additionalProperties: withExpressions(rest.additionalProperties) }),
    ...(rest.items && { items: withExpressions(rest.items) }),
    ...(rest.anyOf && { anyOf: rest.anyOf.map(withExpressions) }),
    ...(rest.oneOf && { oneOf: rest.oneOf.map(withExpressions) }),
  };
  const around = { ...(description !== undefined && { description }), ...(value !== undefined && { default: value }) };
  return isPicky(rest) ? { ...around, anyOf: [...(rest.anyOf ?? rest.oneOf ?? [inner]), EXPRESSION] } : { ...around, ...inner };
};

/** Whether it refuses the text of an expression, though it may allow what that stands for. */
const isPicky = (schema: JsonSchema): boolean => {
  const { type, anyOf, oneOf, pattern, const: only, enum: some, ...more } = schema;
  const options = anyOf ?? oneOf;
  if (options) return options.some(isPicky);
  if (type === 'string') return [pattern, only, some, more['maxLength'], more['format']].some((limit) => limit !== undefined);
  return type === 'number' || type === 'integer' || type === 'boolean' || only !== undefined || some !== undefined;
};
