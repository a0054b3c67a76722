import { alternatives, type JsonSchema } from './config-schema.ts';

type Mapping = Readonly<Record<string, unknown>>;
const isMapping = (value: unknown): value is Mapping => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is written for a value that is no map and no list; `secret` if nobody is to see it. */
export type Written = (value: unknown, secret: boolean) => unknown;

/**
 * A configuration as a user would write it with all of its defaults: along its JSON Schema, since zod's own defaults come
 * out as what it makes of them, a time as milliseconds. No value where a map may stand is an empty map, and filled too.
 */
export const withDefaults = (schema: JsonSchema, value: unknown, written: Written = (given) => given): unknown => {
  const options = alternatives(schema);
  const given = value === undefined ? schema.default : value;
  if (given === undefined || options.some((option) => option.writeOnly)) return given === undefined ? given : written(given, true);
  const map = options.find((option) => option.properties ?? option.patternProperties ?? option.additionalProperties);
  if (map !== undefined && (isMapping(given) || given === null)) return filledMap(map, given ?? {}, written);
  if (Array.isArray(given)) {
    const { items = {} } = options.find((option) => option.items) ?? {};
    return given.map((item) => withDefaults(items, item, written));
  }
  return isMapping(given) ? filledMap({}, given, written) : written(given, false);
};

const filledMap = (schema: JsonSchema, given: Mapping, written: Written): Mapping => {
  const { properties = {}, patternProperties = {}, additionalProperties } = schema;
  const own = Object.entries(properties).map(([key, field]) => [key, withDefaults(field, given[key], written)] as const);
  const others = Object.entries(given)
    .filter(([key]) => !Object.hasOwn(properties, key))
    .map(([key, value]) => {
      const [, matching] = Object.entries(patternProperties).find(([pattern]) => new RegExp(pattern).test(key)) ?? [];
      const field = matching ?? (typeof additionalProperties === 'object' ? additionalProperties : {});
      return [key, withDefaults(field, value, written)] as const;
    });
  return Object.fromEntries([...own, ...others].filter(([, value]) => value !== undefined));
};
