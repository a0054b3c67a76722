import * as z from 'zod';

/** What is shown of a secret. */
export const REDACTED = '[REDACTED]';

/** Text that no command prints and no error shows, such as a token or a header. JSON Schema calls it `writeOnly`. */
export const secret = () => z.string().meta({ writeOnly: true });
