import { k8sText } from '@nfscope/semconv';
import type { TextRule } from './config.ts';
import type { Texts } from './facts.ts';
import { cut, isName, LONGEST_NAME } from './attribute-text.ts';

/** Attributes that an expression may make of the labels of one object, and of its annotations. */
const MOST_MATCHES = 64;

type Taken = Map<string, string>;
/** Adds to `taken` what is wanted of the labels, or the annotations, of an object. */
export type TakeTexts = (texts: Texts | undefined, taken: Taken) => void;

/** The rules of the configuration for labels, or annotations, of one kind of object. */
export const textRules = (rules: readonly TextRule[], from: TextRule['from'], kind: 'label' | 'annotation'): TakeTexts => {
  const takers = rules.filter((rule) => rule.from === from).map((rule) => taker(rule, kind));
  return (texts, taken) => {
    if (texts !== undefined) for (const take of takers) take(texts, taken);
  };
};

const taker = ({ key, key_regex: expression, tag_name: tagName, from }: TextRule, kind: 'label' | 'annotation') => {
  const enter = (taken: Taken, name: string, value: string): void => {
    if (isName(name)) taken.set(cut(name, LONGEST_NAME), cut(value));
  };
  if (expression === '') {
    const name = tagName === '' ? k8sText(from, kind, key) : tagName;
    return (texts: Texts, taken: Taken): void => {
      const value = texts.get(key);
      if (value !== undefined) enter(taken, name, value);
    };
  }
  const pattern = keyPattern(expression);
  return (texts: Texts, taken: Taken): void => {
    let matches = 0;
    for (const [own, value] of texts) {
      const match = pattern.exec(own);
      if (match === null) continue;
      if (++matches > MOST_MATCHES) return;
      enter(taken, tagName === '' ? k8sText(from, kind, own) : filledIn(tagName, match), value);
    }
  };
};

/** The whole key has to match, as in the Collector. Throws when it is no expression. */
export const keyPattern = (expression: string): RegExp => new RegExp(`^(?:${expression})$`, 'u');

/** `$1`, `${1}` and `${name}` are groups, `$$` is a dollar: what Go’s Regexp.Expand does. */
const filledIn = (template: string, match: RegExpExecArray): string =>
  template.replace(/\$(?:(\$)|(\w+)|\{(\w+)\})/g, (_, dollar: string | undefined, bare: string | undefined, braced: string | undefined) => {
    if (dollar !== undefined) return '$';
    const group = (bare ?? braced)!;
    return (/^\d+$/.test(group) ? match[Number(group)] : match.groups?.[group]) ?? '';
  });
