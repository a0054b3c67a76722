export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface QueryAnswer {
  readonly status: string;
  readonly error?: string;
  readonly data?: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value?: readonly [number, string];
      readonly histogram?: readonly [number, { readonly count: string; readonly sum: string }];
    }[];
  };
}

/** The instant vector of an answer of Prometheus' /api/v1/query; a native histogram is its count and its sum. Throws when it is none. */
export function parseSamples(json: string): Sample[] {
  const answer = JSON.parse(json) as QueryAnswer;
  if (answer.status !== 'success' || !answer.data) throw new Error(`Prometheus answered ${answer.error ?? answer.status}`);
  return answer.data.result.flatMap(({ metric: { __name__: name = '', ...labels }, value, histogram }) => {
    if (value !== undefined) return { name, labels, value: Number(value[1]) };
    const { count, sum } = histogram![1];
    return [
      { name: `${name}_count`, labels, value: Number(count) },
      { name: `${name}_sum`, labels, value: Number(sum) },
    ];
  });
}

/** The samples of a page in the text format, as an exporter serves it. */
export const parsePage = (text: string): Sample[] =>
  [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = '', labels = '', value]) => ({
    name,
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', of = '']) => [label, of])),
    value: Number(value),
  }));

/** What to count. An empty string means: without that label. */
export type Selector = Readonly<Record<string, string>>;

const matches = (sample: Sample, selector: Selector): boolean =>
  Object.entries(selector).every(([label, value]) => (sample.labels[label] ?? '') === value);

/** How counters of all series of a kind grew between two readings; a series that was not there began at 0. */
export class Growth {
  readonly #before: readonly Sample[];
  readonly #after: readonly Sample[];

  constructor(before: readonly Sample[], after: readonly Sample[]) {
    this.#before = before;
    this.#after = after;
  }

  of(name: string, selector: Selector = {}): number {
    const sum = (samples: readonly Sample[]): number =>
      samples.reduce((total, sample) => (sample.name === name && matches(sample, selector) ? total + sample.value : total), 0);
    return sum(this.#after) - sum(this.#before);
  }

  /** Values of a label among series that grew. */
  values(name: string, label: string, selector: Selector = {}): string[] {
    const found = new Set(
      this.#after.filter((sample) => sample.name === name && matches(sample, selector)).map((sample) => sample.labels[label] ?? ''),
    );
    return [...found].filter((value) => this.of(name, { ...selector, [label]: value }) !== 0).sort();
  }
}
