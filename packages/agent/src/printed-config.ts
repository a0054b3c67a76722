import { REDACTED, withDefaults, type Factory } from '@nfscope/pipeline';
import { stringify } from 'yaml';
import { wholeSchema } from './configuration-schema.ts';

/** A configuration, as merged, with every default filled in and every secret hidden; the rest means the same when it is read again. */
export const printedConfig = (value: unknown, factories: readonly Factory[]): string => {
  const filled = withDefaults(wholeSchema(factories), value ?? {}, (given, secret) => {
    if (secret) return given === '' || given === null ? given : REDACTED;
    return typeof given === 'string' ? escaped(given) : given;
  });
  return stringify(filled, { aliasDuplicateObjects: false, lineWidth: 0, singleQuote: true });
};

/** What would be read as an expression, so that it is not. */
const escaped = (text: string): string => (/\$[${]/.test(text) ? text.replaceAll('$', '$$$$') : text);
