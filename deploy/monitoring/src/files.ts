import { stringify } from 'yaml';
import { alerts, type Alert } from './alerts.ts';
import { agentHealth } from './dashboards/agent-health.ts';
import { stuckNow } from './dashboards/stuck-now.ts';
import { who } from './dashboards/who.ts';
import { whySlow } from './dashboards/why-slow.ts';
import { recordingRules } from './recording-rules.ts';

/** By their file name. */
export const dashboards = {
  'who.json': who.build(),
  'why-slow.json': whySlow.build(),
  'stuck-now.json': stuckNow.build(),
  'agent-health.json': agentHealth.build(),
} as const;

/** A group of Prometheus' rules, as its file has it. */
export const ruleGroups = [
  { name: 'nfscope.recording', rules: recordingRules },
  {
    name: 'nfscope.alerts',
    rules: alerts.map(({ name, severity, expr, for: held, summary, meaning }) => ({
      alert: name,
      expr,
      for: held,
      labels: { severity },
      annotations: { summary, description: meaning, runbook_url: `docs/runbooks/${name}.md` },
    })),
  },
];

const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n');

const runbook = ({ name, severity, expr, for: held, meaning, look, mend }: Alert): string =>
  [
    `# ${name}`,
    '<!-- Generated from deploy/monitoring/src/alerts.ts by `npm run generate`. Do not edit. -->',
    meaning,
    `Severity: ${severity}, after ${held}.`,
    '## Look',
    list(look),
    '## Mend',
    list(mend),
    '## The expression',
    `\`\`\`\n${expr}\n\`\`\``,
  ].join('\n\n');

const yaml = (value: unknown): string =>
  `# Generated from deploy/monitoring/src by \`npm run generate\`. Do not edit.\n${stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })}`;

/** Path in the repository -> text. */
export const files = (): ReadonlyMap<string, string> =>
  new Map([
    ...Object.entries(dashboards).map(
      ([name, board]) => [`deploy/monitoring/dashboards/${name}`, `${JSON.stringify(board, null, 2)}\n`] as const,
    ),
    ['deploy/monitoring/rules.yaml', yaml({ groups: ruleGroups })],
    [
      'deploy/monitoring/kubernetes/prometheus-rule.yaml',
      yaml({
        apiVersion: 'monitoring.coreos.com/v1',
        kind: 'PrometheusRule',
        metadata: { name: 'nfscope', labels: { 'app.kubernetes.io/name': 'nfscope' } },
        spec: { groups: ruleGroups },
      }),
    ],
    ...alerts.map((alert) => [`docs/runbooks/${alert.name}.md`, runbook(alert)] as const),
  ]);
