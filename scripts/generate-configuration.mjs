// docs/configuration.md from the schemas of the components.
import { components } from '../packages/agent/dist/components.js';
import { pipelinesConfig } from '../packages/pipeline/dist/index.js';
import { code, page, table } from './markdown.mjs';

const sections = {
  receiver: 'Receivers',
  processor: 'Processors',
  connector: 'Connectors',
  exporter: 'Exporters',
  extension: 'Extensions',
};

const schemaOf = (type) => type.toJSONSchema({ io: 'input', unrepresentable: 'any' });

const typeOf = (schema) => {
  if (schema.enum) return schema.enum.map((value) => code(value)).join(', ');
  if (schema.const !== undefined) return code(schema.const);
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.map(typeOf).join(' or ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`;
  const limits = [];
  if (schema.minimum > Number.MIN_SAFE_INTEGER) limits.push(`at least ${schema.minimum}`);
  if (schema.exclusiveMinimum !== undefined) limits.push(`more than ${schema.exclusiveMinimum}`);
  if (schema.maximum < Number.MAX_SAFE_INTEGER) limits.push(`at most ${schema.maximum}`);
  // The only pattern with a spelling of its own is the one of times.
  const name = schema.pattern?.includes('(ms|s|m|h)') ? 'time' : schema.type === 'object' ? 'map' : (schema.type ?? 'any');
  return limits.length > 0 ? `${name}, ${limits.join(', ')}` : name;
};

const shown = (value) => (value === undefined ? '' : code(JSON.stringify(value)));

/** A row for each key, those of maps below their own: `pipelines.<name>.receivers`. */
function rows(schema, where, prefix = '') {
  return Object.entries(schema.properties ?? {}).flatMap(([key, field]) => {
    const path = `${prefix}${key}`;
    if (!field.description) throw new Error(`${where}: ${path} has no description`);
    const own = [code(path), typeOf(field), field.properties ? '' : shown(field.default), field.description];
    const inner = field.properties ? rows(field, where, `${path}.`) : [];
    const each = typeof field.additionalProperties === 'object' ? rows(field.additionalProperties, where, `${path}.<name>.`) : [];
    return [own, ...inner, ...each];
  });
}

const keys = (schema, where) => {
  const found = rows(schema, where);
  return found.length > 0 ? table(['Key', 'Type', 'Default', 'What it is'], found) : 'It has no keys.';
};

const stabilities = (component) =>
  component.kind === 'connector'
    ? `From ${component.from} to ${component.to}: ${component.stability}.`
    : component.kind === 'extension'
      ? `Stability: ${component.stability}.`
      : `${Object.entries(component.signals)
          .map(([signal, { stability }]) => `${signal}: ${stability}`)
          .join(', ')}.`;

/** Path -> text. */
export async function outputs() {
  const parts = [
    'A configuration is a YAML file in the shape of the OpenTelemetry Collector: components by id, and the pipelines they form.' +
      ' An id is a type, or `type/name` where there is more than one of a type. Unknown keys are errors.' +
      ' `${env:NAME}` and `${env:NAME:-default}` stand for environment variables. A time is written `100ms`, `1s`, `5m` or `1h`.',
    '## Top level',
    keys(schemaOf(pipelinesConfig), 'the top level'),
  ];
  for (const [kind, title] of Object.entries(sections)) {
    const ofKind = components.filter((one) => one.kind === kind);
    if (ofKind.length > 0) parts.push(`## ${title}`);
    for (const component of ofKind) {
      parts.push(`### ${component.type}`, `${component.description.replace(/\.?$/, '.')} ${stabilities(component)}`);
      parts.push(keys(schemaOf(component.config), component.type));
    }
  }
  return new Map([['docs/configuration.md', page('Configuration', 'the schemas of the components', ...parts)]]);
}
