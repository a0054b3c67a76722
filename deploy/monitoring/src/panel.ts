import { GraphDrawStyle, SortOrder, StackingMode, TooltipDisplayMode, VisibilityMode } from '@grafana/grafana-foundation-sdk/common';
import * as common from '@grafana/grafana-foundation-sdk/common';
import { PanelBuilder as HeatmapBuilder } from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { datasource } from './variable.ts';

interface Panel {
  readonly title: string;
  /** What it shows, and what to make of it. */
  readonly description: string;
  /** Grafana's name of a unit: ops, s, Bps, percentunit, short. */
  readonly unit: string;
  readonly width: 6 | 8 | 12 | 24;
}

interface Query {
  readonly expr: string;
  /** Of its series, with `{{label}}`. */
  readonly legend: string;
}

const query = ({ expr, legend }: Query, i: number) =>
  new DataqueryBuilder()
    .datasource(datasource)
    .expr(expr)
    .legendFormat(legend)
    .range()
    .refId(String.fromCharCode(65 + i));

const lines = (panel: Panel, queries: readonly Query[]) =>
  new TimeseriesBuilder()
    .title(panel.title)
    .description(panel.description)
    .unit(panel.unit)
    .span(panel.width)
    .height(8)
    .min(0)
    .datasource(datasource)
    .targets(queries.map(query))
    .showPoints(VisibilityMode.Never)
    .lineWidth(1)
    .fillOpacity(10)
    .tooltip(new common.VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));

/** One line a series. */
export const timeseries = (panel: Panel, ...queries: readonly Query[]) => lines(panel, queries);

/** One area a series, on top of each other: for what adds up. */
export const stacked = (panel: Panel, ...queries: readonly Query[]) =>
  lines(panel, queries)
    .drawStyle(GraphDrawStyle.Line)
    .fillOpacity(40)
    .lineWidth(0)
    .stacking(new common.StackingConfigBuilder().mode(StackingMode.Normal).group('A'));

/** How a histogram changes; `expr` has a series for each `le`. */
export const heatmap = (panel: Panel, expr: string) =>
  new HeatmapBuilder()
    .title(panel.title)
    .description(panel.description)
    .span(panel.width)
    .height(8)
    .unit(panel.unit)
    .datasource(datasource)
    .withTarget(query({ expr, legend: '{{le}}' }, 0).format(PromQueryFormat.Heatmap).exemplar(true));

/** One number. */
export const stat = (panel: Panel, one: Query) =>
  new StatBuilder()
    .title(panel.title)
    .description(panel.description)
    .unit(panel.unit)
    .span(panel.width)
    .height(4)
    .datasource(datasource)
    .withTarget(query(one, 0).instant());

/** A row for each series as it is now, a column for each label of `columns`, in this order, and one for the value. */
export const table = (panel: Panel, expr: string, columns: Readonly<Record<string, string>>, value: string) =>
  new TableBuilder()
    .title(panel.title)
    .description(panel.description)
    .unit(panel.unit)
    .span(panel.width)
    .height(10)
    .noValue('None')
    .datasource(datasource)
    .withTarget(query({ expr, legend: '' }, 0).format(PromQueryFormat.Table).instant())
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: Object.fromEntries([...Object.keys(columns), 'Value'].map((name, i) => [name, i])),
        renameByName: { ...columns, Value: value },
      },
    });
