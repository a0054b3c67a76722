import { noAttributes, type Attributes, type Connection, type Metric } from '@nfscope/model';
import { attribute, metric, type MetricDefinition } from '@nfscope/semconv';
import { pointList, type Supplement } from './supplement.ts';

/** A metric of each connection, and how it comes out of what the kernel counted; undefined where the transport does not count it. */
const perConnection: readonly (readonly [MetricDefinition, (connection: Connection) => number | undefined])[] = [
  [metric.TRANSPORT_CONNECTS, ({ connects }) => connects],
  [metric.TRANSPORT_RECONNECTS, ({ connects }) => (connects === undefined ? undefined : Math.max(0, connects - 1))],
  [metric.TRANSPORT_BINDS, ({ binds }) => binds],
  [metric.TRANSPORT_SENDS, ({ sends }) => sends],
  [metric.TRANSPORT_RECEIVES, ({ receives }) => receives],
  [metric.TRANSPORT_BAD_XIDS, ({ badXids }) => badXids],
  [metric.TRANSPORT_SLOTS, ({ slots }) => slots],
  [metric.TRANSPORT_BACKLOG, ({ backlog }) => backlog],
  [metric.TRANSPORT_SENDING, ({ sending }) => sending],
  [metric.TRANSPORT_PENDING, ({ pending }) => pending],
];

/** What the kernel counted of each connection to a server, and how many there are. */
export const transportCounters = (): Supplement => {
  let connections: readonly Connection[] = [];
  /** Attributes of a server's connections without their number: one object for each text of them. */
  const servers = new Map<string, Attributes>();
  const serverOf = ({ attributes: { [attribute.NFS_TRANSPORT_CONNECTION]: _, ...rest } }: Connection): Attributes => {
    const text = JSON.stringify(rest);
    let server = servers.get(text);
    if (server === undefined) servers.set(text, (server = Object.freeze(rest)));
    return server;
  };

  return {
    take({ mountstats }) {
      if (mountstats !== undefined) ({ connections } = mountstats);
    },
    metrics(page): Metric[] {
      if (connections.length === 0) return [];
      const resource = page.resource(noAttributes);
      const count = pointList();
      for (const connection of connections) count.add(resource, serverOf(connection), connection.startMs, 1);
      const metrics = perConnection.map(([definition, value]) => {
        const list = pointList();
        for (const connection of connections) {
          const figure = value(connection);
          if (figure !== undefined) list.add(resource, connection.attributes, connection.startMs, figure);
        }
        return { ...definition, points: list.points() } as Metric;
      });
      return [{ ...metric.TRANSPORT_CONNECTIONS, points: count.points() }, ...metrics];
    },
  };
};
