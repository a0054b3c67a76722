const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null;

/** What a value consists of: of a column its numbers, of a table of sources its rows. Undefined of a plain one. */
const partsOf = (value: unknown): readonly unknown[] | undefined => {
  if (Array.isArray(value)) return value;
  if (ArrayBuffer.isView(value)) return [...(value as unknown as Iterable<number>)];
  if (value instanceof Set || value instanceof Map) return [...value];
  if (!isPlain(value) && typeof (value as { all?: unknown }).all === 'function') return (value as { all(): readonly unknown[] }).all();
  return undefined;
};

const plainText = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));

function* lines(name: string, value: unknown, indent: string): Generator<string> {
  if (value === undefined || typeof value === 'function') return;
  if (isPlain(value)) return yield `${indent}${name}: ${plainText(value)}`;
  const parts = partsOf(value);
  if (parts?.every(isPlain)) return yield `${indent}${name}: [${parts.map(plainText).join(', ')}]`;
  const inner = [...Object.entries(parts ?? (value as object)).flatMap(([key, part]) => [...lines(key, part, `${indent}  `)])];
  yield inner.length === 0 ? `${indent}${name}: {}` : `${indent}${name}:`;
  yield* inner;
}

/** Batches as text: a line for each field and each column, what can be called left out. The same for the same batches. */
export const batchText = (batches: readonly unknown[]): string =>
  batches.flatMap((batch, i) => [...lines(`batch ${i}`, batch, '')].map((line) => `${line}\n`)).join('');
