import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { components, nfscope } from '@nfscope/agent';
import { freePort, noPrometheus, promtool, startPrometheus, type Prometheus } from '@nfscope/test-prometheus';
import { Subject } from 'rxjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alerts } from './alerts.ts';
import { dashboards, files } from './files.ts';
import { record, recordingRules } from './recording-rules.ts';
import { label } from './series.ts';
import { asAsked } from './testing/as-asked.ts';
import { badDay } from './testing/bad-day.ts';

interface Target {
  readonly expr: string;
  readonly datasource: { readonly uid: string };
}
interface Panel {
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource: { readonly uid: string };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets: readonly Target[];
}
interface Variable {
  readonly name: string;
  readonly type: string;
  readonly refresh?: number;
  readonly query: unknown;
  readonly multi?: boolean;
  readonly datasource?: { readonly uid: string };
}

const boards = Object.entries(dashboards).map(([name, board]) => {
  const { panels, templating, editable, uid } = JSON.parse(JSON.stringify(board)) as {
    panels: Panel[];
    templating: { list: Variable[] };
    editable: boolean;
    uid: string;
  };
  return { name, uid, editable, variables: templating.list, panels: panels.filter(({ type }) => type !== 'row') };
});

describe.each(boards)('$name keeps the rules of a dashboard', ({ variables, panels, editable, uid }) => {
  test('it cannot be changed by accident, and links to it stay', () => {
    expect(editable).toBe(false);
    expect(uid).toMatch(/^nfscope-/);
  });
  test('the data source is a choice, the first', () => expect(variables[0]).toMatchObject({ name: 'datasource', type: 'datasource' }));
  test.each(variables.slice(1))('the choice $name looks again when the time changes', ({ refresh, multi, datasource }) => {
    expect({ refresh, multi, datasource: datasource?.uid }).toEqual({ refresh: 2, multi: true, datasource: '${datasource}' });
  });
  test.each(panels)(
    '$title says what it is, in which unit, of which source',
    ({ title, description, datasource, fieldConfig, targets }) => {
      expect(title).toMatch(/^[A-Z]/);
      expect(description).toMatch(/^[A-Z1].*\.$/s);
      expect(fieldConfig?.defaults.unit).toBeTruthy();
      expect(targets.length).toBeGreaterThan(0);
      for (const { uid: source } of [datasource, ...targets.map((target) => target.datasource)]) expect(source).toBe('${datasource}');
    },
  );
  test.each(panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr }))))(
    '$title takes rates over the interval that Grafana gives, sums counters, and asks for what was chosen',
    ({ expr }) => {
      for (const [, window] of expr.matchAll(/\[([^\]]+)\]/g)) expect(window).toBe('$__rate_interval');
      if (expr.includes('rate(')) expect(expr).toMatch(/\b(sum|max|histogram_quantile)\b/);
      expect(expr).toMatch(/\$(cluster|server)/);
    },
  );
  test('no two panels have one title', () => expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length));
});

describe.skipIf(noPrometheus !== undefined)(
  `against a real Prometheus that scrapes a real exporter${noPrometheus === undefined ? '' : `: ${noPrometheus}`}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'nfscope-monitoring-'));
    const [stop, slow] = [new AbortController(), new AbortController()];
    const reload = new Subject<void>();
    let running: Promise<unknown> | undefined;
    let prometheus: Prometheus | undefined;
    let errors = '';
    /** Of all expressions together: what a bad rule lacks does not come later either. */
    let until = Infinity;

    beforeAll(async () => {
      if (noPrometheus !== undefined) return;
      const [page, own, nobody] = [await freePort(), await freePort(), await freePort()];
      const file = join(folder, 'config.yaml');
      const config = {
        receivers: { bad_day: {} },
        connectors: { metrics: {} },
        // Nobody listens there.
        exporters: {
          prometheus: { endpoint: `127.0.0.1:${page}` },
          otlp_grpc: {
            endpoint: `http://127.0.0.1:${nobody}`,
            interval: '250ms',
            retry_on_failure: { initial_interval: '100ms', max_interval: '200ms' },
          },
        },
        service: {
          telemetry: { metrics: { endpoint: `127.0.0.1:${own}` } },
          pipelines: {
            nfs: { receivers: ['bad_day'], exporters: ['metrics'] },
            metrics: { receivers: ['metrics'], exporters: ['prometheus', 'otlp_grpc'] },
          },
        },
      };
      writeFileSync(file, JSON.stringify(config));
      const started = new Promise<void>((resolve) => {
        running = nfscope(['run', '--config', file], [badDay(slow.signal), ...components], {
          env: {},
          stop: stop.signal,
          reload,
          out: () => {},
          err: (text) => {
            errors += text;
            if (text.includes('runs nfs:')) resolve();
          },
        });
      });
      await Promise.race([started, running!.then(() => Promise.reject(new Error(errors)))]);
      // Refused, so that it is told of; what runs goes on.
      writeFileSync(file, 'receivers: [');
      reload.next();
      const rules = join(folder, 'rules.yaml');
      writeFileSync(rules, files().get('deploy/monitoring/rules.yaml')!);
      const targets = [page, own, nobody].map((port) => `127.0.0.1:${port}`);
      prometheus = await startPrometheus({
        config: { rule_files: [rules], scrape_configs: [{ job_name: 'nfscope', static_configs: [{ targets }] }] },
      });
      // Each bad sample is a part of the usual latency too: enough good ones keep it well below for some seconds.
      until = performance.now() + 60_000;
      if (!(await answered(`count_over_time(${record.latency}[5m]) >= 8`))) throw new Error(`no usual latency\n${errors}`);
      slow.abort();
      until = performance.now() + 25_000;
    }, 90_000);

    afterAll(async () => {
      await prometheus?.stop();
      stop.abort();
      await running;
      rmSync(folder, { recursive: true });
    }, 30_000);

    /** Asks until there is something: a rate needs two scrapes, a rule an evaluation. */
    const answered = async (expression: string): Promise<number> => {
      for (;;) {
        const found = await prometheus!.query(expression);
        const numbers = found.filter(({ value }) => !Number.isNaN(value));
        if (numbers.length > 0 || performance.now() > until) return numbers.length;
        await setTimeout(200);
      }
    };

    const expressions = [
      ...recordingRules.map(({ record: name, expr, labels = {} }) => ({
        what: 'rule',
        name: [name, ...Object.values(labels)].join(' '),
        expr,
      })),
      // One may have come and gone until its turn is there.
      ...alerts.map(({ name, expr }) => ({ what: 'alert', name, expr: `last_over_time((${expr})[5m:1s])` })),
      ...boards.flatMap(({ name, panels }) =>
        panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ what: name, name: title, expr: asAsked(expr, '5m') }))),
      ),
      ...boards.flatMap(({ name, variables }) =>
        variables.slice(1).flatMap(({ name: choice, query }) => {
          const [, selector, of] = /^label_values\((.*), (\w+)\)$/.exec(String(query)) ?? [];
          // A cluster has its label from Prometheus' own settings.
          return choice === 'cluster'
            ? []
            : [{ what: name, name: `choice ${choice}`, expr: `group by (${of}) (${asAsked(selector!, '5m')})` }];
        }),
      ),
    ];
    test.each(expressions)(
      '$what: $name returns data',
      async ({ expr }) => {
        if (noPrometheus !== undefined) return;
        if (!(await answered(expr))) throw new Error(`nothing comes of ${expr}\n${errors}`);
      },
      30_000,
    );

    test('the shares of an export add up to 1', async () => {
      if (noPrometheus !== undefined) return;
      expect(await answered(`count(count by (${label.NFS_IO_SHARE_OF}) (${record.share})) == 3`)).toBe(1);
      const wholes = await prometheus!.query(
        `sum by (${label.SERVER_ADDRESS}, ${label.NFS_EXPORT_PATH}, ${label.NFS_IO_SHARE_OF}) (${record.share})`,
      );
      expect(wholes).toHaveLength(3);
      for (const { value } of wholes) expect(value).toBeCloseTo(1, 9);
    }, 30_000);

    test('promtool takes the rules, with all it can object to', (context) => {
      if (noPrometheus !== undefined) return context.skip(noPrometheus);
      expect(promtool(['check', 'rules', '--lint=all', '--lint-fatal', join(folder, 'rules.yaml')])).toBe('');
    });
  },
);
