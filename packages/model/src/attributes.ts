/** What OpenTelemetry calls an attribute value. */
export type AttributeValue = string | number | boolean | readonly string[];

/** A set of attributes. Never mutated: a changed set is a new object, so identity can be a cache key. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** The empty set, always the same object. */
export const noAttributes: Attributes = Object.freeze({});
