// docs/configuration.md and docs/nfscope.schema.json from the schemas of the components.
import { components, configurationSchema, nfscope } from '../packages/agent/dist/index.js';
import { componentSchema, inputSchema, pipelinesConfig } from '../packages/pipeline/dist/index.js';
import { code, page, table } from './markdown.mjs';

const typeOf = (schema) => {
  if (schema.enum) return schema.enum.map((value) => code(value)).join(', ');
  if (schema.const !== undefined) return code(schema.const);
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.map(typeOf).join(' or ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`;
  const entry = schema.type === 'object' ? schema.additionalProperties : undefined;
  if (entry?.type && !entry.properties) return `map of ${typeOf(entry)}`;
  const limits = [];
  if (schema.minimum > Number.MIN_SAFE_INTEGER) limits.push(`at least ${schema.minimum}`);
  if (schema.exclusiveMinimum !== undefined) limits.push(`more than ${schema.exclusiveMinimum}`);
  if (schema.maximum < Number.MAX_SAFE_INTEGER) limits.push(`at most ${schema.maximum}`);
  if (schema.writeOnly) limits.push('secret');
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

const stabilities = ({ signals, from, to, stability }) => {
  if (signals === undefined) return `${from === undefined ? 'Stability' : `From ${from} to ${to}`}: ${stability}.`;
  return `${Object.entries(signals)
    .map(([signal, made]) => `${signal}: ${made.stability}`)
    .join(', ')}.`;
};

/** What the command prints, so that this page shows what there is. */
const said = async (...args) => {
  const texts = [];
  const say = (text) => texts.push(text);
  await nfscope(args, components, { env: {}, stop: AbortSignal.abort(), out: say, err: say });
  const command = args.map((word) => (/[\s[]/.test(word) ? `'${word}'` : word)).join(' ');
  return `\`\`\`console\n$ nfscope ${command}\n${texts.join('')}\`\`\``;
};

const merging = `Several \`--config\` are merged in the order they are given, by the rules of the Collector: maps key by key; a list, a text or a number takes the place of what was there, and so does a key without a value. \`--set KEY=VALUE\` changes one value after all of them, in the order given. Its key is written \`a::b::c\`, or \`a.b.c\` if no id has a dot; the value is YAML, so that \`[a, b]\` is a list, and nothing is a key without a value.

| \`--config\` | What is read |
| --- | --- |
| \`FILE\`, \`file:FILE\` | a file |
| \`env:NAME\` | the text of an environment variable |
| \`yaml:TEXT\` | the text itself; \`yaml:a::b: c\` is one value, as with \`--set\` |
| none | a built-in configuration, which \`print-config\` shows |`;

const expressions = `| In a value | Stands for |
| --- | --- |
| \`\${env:NAME}\` | the environment variable; an error when it is not set |
| \`\${env:NAME:-default}\` | the same, or the default when it is not set or empty |
| \`\${file:PATH}\` | the text of a file, without the end of its last line; paths begin in the folder of the configuration, or where nfscope was started if that is no file |
| \`$$\` | a dollar sign |

A plain value that is one expression and nothing else takes the type its text has in YAML: a number, \`true\`, \`null\`. In quotes it stays text, as for a password of digits. Inside \`[ ]\` and \`{ }\` expressions need quotes. One may be inside another, as in \`\${env:A:-\${env:B}}\`; what comes out of one is not looked at again.`;

const editors = `[nfscope.schema.json](nfscope.schema.json) (\`nfscope schema\`) is the JSON Schema of a configuration, with the keys of every component. An editor with a YAML language server completes and checks a file that begins with

\`\`\`yaml
# yaml-language-server: $schema=docs/nfscope.schema.json
\`\`\``;

/** Path -> text. */
export async function outputs() {
  const parts = [
    'A configuration is YAML in the shape of the OpenTelemetry Collector: components by id, and the pipelines they form.' +
      ' An id is a type, or `type/name` where there is more than one of a type. A time is written `100ms`, `1s`, `5m` or `1h`.',
    '## Several files, and single values',
    merging,
    await said('validate', '--set', 'exporters::prometheus::endpoint=:9465'),
    '## Expressions',
    expressions,
    '## What is wrong, and where',
    'Unknown keys, keys that are there twice, references to nothing, components that nothing uses, signals that do not match and pipelines in a loop are errors.' +
      ' Each is one line with the place in the file that says it, also after a merge, and that line below; not that of a secret.',
    await said('validate', '--config', 'deploy/kubernetes/nfscope.yaml', '--config', 'yaml:exporters: {prometheus: {endpiont: ":9465"}}'),
    '## What runs',
    '`nfscope print-config` takes the same options as `run` and prints the configuration it would run: merged, expressions replaced, every default written out, every secret as `[REDACTED]`.' +
      ' `nfscope components` lists the types (`-o json` for programs).',
    await said('components'),
    '## Editors',
    editors,
    '## Top level',
    keys(inputSchema(pipelinesConfig), 'the top level'),
  ];
  for (const kind of new Set(components.map((component) => component.kind))) {
    parts.push(`## ${kind[0].toUpperCase()}${kind.slice(1)}s`);
    for (const component of components.filter((one) => one.kind === kind)) {
      parts.push(`### ${component.type}`, `${component.description.replace(/\.?$/, '.')} ${stabilities(component)}`);
      parts.push(keys(componentSchema(component), component.type));
    }
  }
  return new Map([
    ['docs/configuration.md', page('Configuration', 'the schemas of the components', ...parts)],
    ['docs/nfscope.schema.json', JSON.stringify(configurationSchema(components))],
  ]);
}
