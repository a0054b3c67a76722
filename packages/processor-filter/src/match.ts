import type { AttributeValue } from '@nfscope/model';
import type { Config, Match } from './config.ts';

/** The value of an attribute by its name. */
export type Lookup = (key: string) => AttributeValue | undefined;

/** Whether something stays, by its name, its attributes, and those of its resource. */
export type Keep = (name: string, attributes: Lookup, resource: Lookup) => boolean;

type Test = (value: AttributeValue) => boolean;

const testOf = (wanted: string | number | boolean | undefined, type: Match['match_type']): Test => {
  if (wanted === undefined) return () => true;
  const expression = new RegExp(type === 'regexp' ? String(wanted) : '', 'u');
  const holds = type === 'regexp' ? (value: unknown) => expression.test(String(value)) : (value: unknown) => value === wanted;
  return (value) => (typeof value === 'object' ? value.some(holds) : holds(value));
};

const testsOf = (list: Match['attributes'], type: Match['match_type']): ((lookup: Lookup) => boolean) => {
  const tests = list.map(({ key, value }) => [key, testOf(value, type)] as const);
  return (lookup) =>
    tests.every(([key, holds]) => {
      const value = lookup(key);
      return value !== undefined && holds(value);
    });
};

const matcher = ({ match_type: type, names, attributes, resource_attributes }: Match): Keep => {
  const nameTests = names.map((name) => testOf(name, type));
  const [own, ofResource] = [testsOf(attributes, type), testsOf(resource_attributes, type)];
  return (name, lookup, resource) => (names.length === 0 || nameTests.some((holds) => holds(name))) && ofResource(resource) && own(lookup);
};

/** What a configuration keeps. */
export const keeps = ({ include, exclude }: Config): Keep => {
  const [included, excluded] = [include.map(matcher), exclude.map(matcher)];
  return (...thing) => (include.length === 0 || included.some((match) => match(...thing))) && !excluded.some((match) => match(...thing));
};
