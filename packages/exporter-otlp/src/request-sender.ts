import { PermanentError } from '@nfscope/pipeline';
import type { Connection } from './connection.ts';
import type { Request } from './request.ts';

/** A batch under way: what of it the backend has taken or refused is not sent again by the next attempt. */
interface Transfer<B> {
  readonly batch: B;
  readonly rest: Iterator<Request, void>;
  current: IteratorResult<Request, void>;
  readonly refusals: PermanentError[];
}

/**
 * Sends batches, one at a time; `items` is what is in them. A batch that failed goes on where it stopped when it is sent again,
 * and is forgotten when another one comes. Throws PermanentError in the end when a part of it was refused.
 */
export const requestSender = <B>(
  items: string,
  requestsOf: (batch: B) => Iterator<Request, void>,
): ((connection: Connection, batch: B, deadline: AbortSignal) => Promise<void>) => {
  let transfer: Transfer<B> | undefined;

  return async (connection, batch, deadline) => {
    if (transfer?.batch !== batch) {
      const rest = requestsOf(batch);
      transfer = { batch, rest, current: rest.next(), refusals: [] };
    }
    const { rest, refusals } = transfer;
    while (transfer.current.done !== true) {
      const { bytes, taken } = transfer.current.value;
      try {
        const refusal = await connection.send(bytes, deadline);
        taken?.();
        if (refusal !== undefined) {
          refusals.push(new PermanentError(`the backend refused ${refusal.items} ${items}: ${refusal.message}`));
        }
      } catch (error) {
        if (!(error instanceof PermanentError)) throw error;
        // One resource that a backend does not want must not keep the others from it.
        refusals.push(error);
      }
      transfer.current = rest.next();
    }
    transfer = undefined;
    if (refusals.length > 0) throw refusals[0]!;
  };
};
