/** One of the things an `Accept` header asks for. Names are in lower case. */
export interface Accepted {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** 0 is a no. */
  readonly weight: number;
}

/** What an `Accept` or `Accept-Encoding` header asks for, the most wanted first; of the same weight in its order. */
export const acceptedBy = (header: string | readonly string[] | undefined): Accepted[] => {
  const all: Accepted[] = [];
  for (const part of String(header ?? '').split(',')) {
    const [name = '', ...rest] = part.split(';').map((text) => text.trim());
    const parameters = new Map<string, string>();
    for (const parameter of rest) {
      const [key = '', value = ''] = parameter.split('=', 2).map((text) => text.trim());
      parameters.set(key.toLowerCase(), value.replace(/^"(.*)"$/, '$1'));
    }
    if (name !== '') all.push({ name: name.toLowerCase(), parameters, weight: weightOf(parameters.get('q')) });
  }
  return all.sort((a, b) => b.weight - a.weight);
};

const weightOf = (q: string | undefined): number => {
  const weight = q === undefined ? 1 : Number(q);
  return weight >= 0 && weight <= 1 ? weight : 0;
};
