import { text } from 'node:stream/consumers';
import { ApiError, type ApiServer } from '@nfscope/kubernetes';
import { microTime } from './event.ts';
import type { Series } from './series.ts';

/** The queue gives an attempt a deadline, which comes first unless it is set to more. */
const patience = { headersMs: 60_000, silenceMs: 60_000 };
const [NOT_FOUND, CONFLICT] = [404, 409];

const collection = ({ event }: Series): string =>
  `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(event.metadata.namespace)}/events`;
/** What of an Event may be changed; it has one from the second time on. */
const seriesOf = ({ count, lastMs }: Series): object => (count > 1 ? { series: { count, lastObservedTime: microTime(lastMs) } } : {});

const isStatus = (error: unknown, status: number): boolean => error instanceof ApiError && error.status === status;

/** Makes the Event of a series, or has it count on. Throws what the server throws. */
export const tell = async (server: ApiServer, series: Series, signal: AbortSignal): Promise<void> => {
  const { count, event } = series;
  const ask = async (method: 'POST' | 'PATCH', path: string, type: string, body: object): Promise<void> => {
    // It is at its end before the deadline too.
    await text(await server({ method, path, type, body }, patience, signal));
  };
  const create = (): Promise<void> =>
    ask('POST', collection(series), 'application/json', {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      ...event,
      ...seriesOf(series),
    });
  const countOn = (): Promise<void> =>
    ask('PATCH', `${collection(series)}/${encodeURIComponent(event.metadata.name)}`, 'application/merge-patch+json', seriesOf(series));

  if (series.isMade) {
    await countOn().catch(async (error: unknown) => {
      // The API server keeps an Event for an hour after its last change.
      if (!isStatus(error, NOT_FOUND)) throw error;
      await create();
    });
  } else {
    await create().catch(async (error: unknown) => {
      // An attempt before had made it, whose answer was lost.
      if (!isStatus(error, CONFLICT)) throw error;
      if (count > 1) await countOn();
    });
  }
  series.isMade = true;
  series.told = count;
};
