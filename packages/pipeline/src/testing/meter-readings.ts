import type { Meter, ObservableCallback } from '@opentelemetry/api';

/** What a page of the agent's own metrics would say now: a counter's sum, a gauge's value, by name and exporter or receiver. */
export const meterReadings = () => {
  const sums = new Map<string, number>();
  const gauges = new Set<{ readonly name: string; readonly callback: ObservableCallback }>();
  const key = (name: string, attributes: any): string => `${name} ${attributes.exporter ?? attributes.receiver}`;
  const meter = {
    createCounter: (name: string) => ({
      add: (amount: number, attributes: object) => sums.set(key(name, attributes), (sums.get(key(name, attributes)) ?? 0) + amount),
    }),
    createObservableGauge: (name: string) => ({
      addCallback: (callback: ObservableCallback) => gauges.add({ name, callback }),
      removeCallback: (callback: ObservableCallback) => gauges.forEach((gauge) => gauge.callback === callback && gauges.delete(gauge)),
    }),
  } as unknown as Meter;
  const value = (name: string, of: string): number | undefined => {
    const now = new Map(sums);
    for (const { name, callback } of gauges) void callback({ observe: (value, attributes) => void now.set(key(name, attributes), value) });
    return now.get(`${name} ${of}`);
  };
  return { meter, value };
};
