import type { Logger } from '@nfscope/pipeline';

/**
 * A log that keeps what it is informed of until `release`. During the start that is what has begun to run; if the start
 * fails it is no longer true, and the user is to see one line, the error. All other levels pass at once.
 */
export const holdInfo = (log: Logger): { readonly log: Logger; release(): void } => {
  let held: (() => void)[] | undefined = [];
  const info: Logger['info'] = (message, fields) => {
    if (held) held.push(() => log.info(message, fields));
    else log.info(message, fields);
  };
  const release = (): void => {
    held?.forEach((write) => write());
    held = undefined;
  };
  return { log: { ...log, info }, release };
};
