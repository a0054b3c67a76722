import { nfsCharge, type NfsBatch, type Operation, type Source } from '@nfscope/model';

/** Operations of one name that one rpc client did. */
interface OperationCount {
  all: number;
  /** Of them: those whose owner found no row. */
  unowned: number;
}

/** The same, as it was at a moment. */
export type Counted = Readonly<OperationCount>;

/** Adds up the rows of one table by rpc client and operation, over owners and errors. */
export interface OperationCounts {
  take(batch: Pick<NfsBatch, 'sources' | 'operations' | 'totals'>): void;
  /** How things stand now, by client and operation. */
  still(): (client: number, operation: string) => Counted;
}

/** Whose the operations are that found no row, not even one of their client's: the kernel side adds them up in a row without a program. */
export const NOBODY = -1;

const nothing: Counted = { all: 0, unowned: 0 };

export const countOperations = (): OperationCounts => {
  const byClient = new Map<number, Map<string, OperationCount>>();
  /** By row. */
  const rows: OperationCount[] = [];
  let counts = new Float64Array(256);

  const enter = ({ client }: Source, { name, program }: Operation): OperationCount => {
    const id = program === 0 ? NOBODY : client.id;
    let operations = byClient.get(id);
    if (operations === undefined) byClient.set(id, (operations = new Map()));
    let count = operations.get(name);
    if (count === undefined) operations.set(name, (count = { all: 0, unowned: 0 }));
    return count;
  };

  return {
    take({ sources, operations, totals }) {
      for (let i = 0; i < totals.length; i++) {
        const row = totals.row[i]!;
        const sum = (rows[row] ??= enter(sources.at(totals.source[i]!), operations[totals.operation[i]!]!));
        if (row >= counts.length) {
          const larger = new Float64Array(Math.max(row + 1, counts.length * 2));
          larger.set(counts);
          counts = larger;
        }
        const more = totals.count[i]! - counts[row]!;
        counts[row] = totals.count[i]!;
        sum.all += more;
        if (totals.charge[i] === nfsCharge.OTHER) sum.unowned += more;
      }
    },
    still() {
      const then = new Map([...byClient].map(([client, sums]) => [client, new Map([...sums].map(([name, sum]) => [name, { ...sum }]))]));
      return (client, operation) => then.get(client)?.get(operation) ?? nothing;
    },
  };
};
