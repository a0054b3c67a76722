import { alternatives, REDACTED, type Factory, type JsonSchema } from '@nfscope/pipeline';
import { stringify } from 'yaml';
import { wholeSchema } from './configuration-schema.ts';

/** A configuration, as merged, with every default filled in and every secret hidden; YAML that means the same when it is read. */
export const printedConfig = (value: unknown, factories: readonly Factory[]): string =>
  stringify(filled(wholeSchema(factories), value ?? {}), { aliasDuplicateObjects: false, lineWidth: 0 });

type Mapping = Readonly<Record<string, unknown>>;
const isMapping = (value: unknown): value is Mapping => typeof value === 'object' && value !== null && !Array.isArray(value);

// Along the JSON Schema, since what zod makes of a value is not what a user writes: a time is milliseconds there.
const filled = (schema: JsonSchema, value: unknown): unknown => {
  const options = alternatives(schema);
  const given = value === undefined ? schema.default : value;
  if (options.some((option) => option.writeOnly)) return given === undefined || given === '' ? given : REDACTED;
  const map = options.find((option) => option.properties ?? option.patternProperties ?? option.additionalProperties);
  if (map !== undefined && (isMapping(given) || given === null)) return filledMap(map, given ?? {});
  if (Array.isArray(given)) {
    const { items = {} } = options.find((option) => option.items) ?? {};
    return given.map((item) => filled(items, item));
  }
  return typeof given === 'string' ? escaped(given) : given;
};

const filledMap = (schema: JsonSchema, given: Mapping): Mapping => {
  const { properties = {}, patternProperties = {}, additionalProperties } = schema;
  const fields = Object.entries(properties).map(([key, field]) => [key, filled(field, given[key])] as const);
  const others = Object.entries(given)
    .filter(([key]) => !Object.hasOwn(properties, key))
    .map(([key, value]) => {
      const [, matching] = Object.entries(patternProperties).find(([pattern]) => new RegExp(pattern).test(key)) ?? [];
      return [key, filled(matching ?? (typeof additionalProperties === 'object' ? additionalProperties : {}), value)] as const;
    });
  return Object.fromEntries([...fields, ...others].filter(([, value]) => value !== undefined));
};

/** What would be read as an expression, so that it is not. */
const escaped = (text: string): string => (/\$[${]/.test(text) ? text.replaceAll('$', '$$$$') : text);
