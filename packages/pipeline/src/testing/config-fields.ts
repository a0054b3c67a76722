import { isDeepStrictEqual } from 'node:util';
import { alternatives, type JsonSchema } from '../config-schema.ts';

/** A field of a configuration, with what the configurations at hand set it to. */
interface Field {
  /** `a::b`; of each entry of a list or map, `a::[]::b`. */
  readonly place: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
  readonly values: readonly unknown[];
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fieldsOf = (schema: JsonSchema, values: readonly unknown[], place: readonly string[] = []): Field[] =>
  alternatives(schema).flatMap(({ properties = {}, required = [], items, additionalProperties }) => {
    const own = Object.entries(properties).flatMap(([key, field]): Field[] => {
      const set = values.filter(isMapping).flatMap((value) => (Object.hasOwn(value, key) ? [value[key]] : []));
      const here = [...place, key];
      return [{ place: here.join('::'), schema: field, required: required.includes(key), values: set }, ...fieldsOf(field, set, here)];
    });
    const each = items ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    const entries = values.flatMap((value) => (Array.isArray(value) ? value : isMapping(value) ? Object.values(value) : []));
    return each === undefined ? own : [...own, ...fieldsOf(each, entries, [...place, '[]'])];
  });

/** The fields without a description. */
export const undescribedFields = (schema: JsonSchema): string[] =>
  fieldsOf(schema, [])
    .filter((field) => !field.schema.description)
    .map(({ place }) => place);

/** The fields that have to be set; an entry of a list may have some, for it is there because somebody wrote it. */
export const fieldsWithoutDefault = (schema: JsonSchema): string[] =>
  fieldsOf(schema, [])
    .filter(({ required, place }) => required && !place.includes('[]'))
    .map(({ place }) => place);

/** The fields that none of the configurations sets to anything but the default. */
export const unsetFields = (schema: JsonSchema, configs: readonly unknown[]): string[] =>
  fieldsOf(schema, configs)
    .filter(({ schema: field, values }) => {
      // A map of known keys is set by what is in it, and what can have one value only by having it.
      const options = alternatives(field);
      if (options.some((option) => option.properties)) return false;
      const single = options.every((option) => option.const !== undefined || option.maxItems === 0);
      return !values.some((value) => single || !isDeepStrictEqual(value, field.default));
    })
    .map(({ place }) => place);
