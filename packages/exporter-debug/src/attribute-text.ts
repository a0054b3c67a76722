import type { Attributes } from '@nfscope/model';
import { printable } from '@nfscope/pipeline';

/** Attributes as `{name="value", other=1}`, on one line whatever they hold. */
export const attributeText = (...sets: readonly Attributes[]): string => {
  const pairs = sets.flatMap((set) => Object.entries(set).map(([name, value]) => `${name}=${JSON.stringify(value)}`));
  return printable(`{${pairs.join(', ')}}`);
};
