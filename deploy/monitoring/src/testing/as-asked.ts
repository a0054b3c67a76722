/** What Grafana makes of an expression when everything is chosen. */
export const asAsked = (expression: string, rateInterval: string): string =>
  expression
    .replaceAll('$__rate_interval', rateInterval)
    .replace(/\$\{?(cluster|namespace|workload|pod|server|export|operation)\}?/g, '.*');
