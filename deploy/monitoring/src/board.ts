import { DashboardBuilder, DashboardCursorSync, DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';
import { variables, type ChoiceName } from './variable.ts';

/** A dashboard without its panels. */
export const board = (uid: string, title: string, description: string, choices: readonly ChoiceName[]): DashboardBuilder =>
  new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['nfscope', 'nfs'])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .timezone('browser')
    .time({ from: 'now-1h', to: 'now' })
    .refresh('1m')
    .link(
      new DashboardLinkBuilder('nfscope')
        .type(DashboardLinkType.Dashboards)
        .tags(['nfscope'])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    )
    .variables(variables(...choices));
