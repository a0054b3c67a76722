// docs/telemetry.md from the registry of names.
import {
  attribute,
  DURATION_BOUNDS,
  logEvent,
  metric,
  ownAttributes,
  ownMetric,
  SIZE_BOUNDS,
  spanEvent,
} from '../packages/semconv/dist/index.js';
import { code, page, table } from './markdown.mjs';

const units = { s: 'seconds', By: 'bytes', 1: 'ratio' };

/** The name Prometheus shows: OpenTelemetry's rules, https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics */
const inPrometheus = ({ name, type, unit }) => {
  const suffix = units[unit];
  const base = name.replace(/[^a-zA-Z0-9_:]/g, '_') + (suffix && !(suffix === 'ratio' && type !== 'gauge') ? `_${suffix}` : '');
  return type === 'counter' ? `${base}_total` : base;
};

const events = (definitions) =>
  table(
    ['Event', 'What it is'],
    Object.values(definitions).map(({ name, description }) => [code(name), description]),
  );

/** Path -> text. */
export async function outputs() {
  const rows = Object.values(metric).map((one) => {
    const type = one.type === 'gauge' ? `gauge, ${one.join ?? 'max'}` : one.type;
    return [code(one.name), code(inPrometheus(one)), type, code(one.unit), one.description];
  });
  // The page of the agent's own metrics adds no units to names, as the Collector's does not.
  const own = Object.values(ownMetric).map((one) => {
    const shown = one.name.replace(/[^a-zA-Z0-9_:]/g, '_');
    return [code(one.name), code(one.type === 'counter' ? `${shown}_total` : shown), one.type, code(one.unit), one.description];
  });
  const names = Object.values(attribute).sort();
  const known = names.filter((name) => !Object.hasOwn(ownAttributes, name));
  return new Map([
    [
      'docs/telemetry.md',
      page(
        'Telemetry',
        'packages/semconv/src',
        '## Metrics',
        'Behind the type of a gauge stands what becomes of points that are made one: their sum, the least (min), or the largest (max).',
        table(['Metric', 'In Prometheus', 'Type', 'Unit', 'What it is'], rows),
        '## Of the agent itself',
        'In the names of the OpenTelemetry Collector where it has one, at `localhost:8888/metrics`: `service::telemetry::metrics` in' +
          ' [the configuration](configuration.md). Labels are `receiver`, `processor`, `connector`, `exporter` and `filter`, the ids of components.',
        table(['Metric', 'In Prometheus', 'Type', 'Unit', 'What it is'], own),
        '## Events',
        'On spans:',
        events(spanEvent),
        'As log records:',
        events(logEvent),
        '## Buckets',
        `Upper bounds of times, in seconds: ${DURATION_BOUNDS.join(', ')}.`,
        `Upper bounds of sizes, in bytes: ${SIZE_BOUNDS.join(', ')}.`,
        '## Attributes',
        "From OpenTelemetry's registry, with the meaning they have there:",
        known.map((name) => `- ${code(name)}`).join('\n'),
        'Of nfscope:',
        table(
          ['Attribute', 'What it is'],
          Object.entries(ownAttributes).map(([name, text]) => [code(name), text]),
        ),
      ),
    ],
  ]);
}
