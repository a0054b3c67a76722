import { fieldType, type Column } from '@nfscope/native';

interface Field {
  readonly offset: number;
  readonly type: keyof typeof fieldType | 's16' | 's64' | 's8';
  readonly count: number;
}

interface ArrayOf {
  u8: Uint8Array;
  u16: Uint16Array;
  u32: Uint32Array;
  s32: Int32Array;
  u64: Float64Array;
}

/** The columns of some fields of a layout: one typed array a field. */
export type Columns<L extends { readonly fields: Record<string, Field> }, K extends keyof L['fields']> = {
  readonly [F in K]: L['fields'][F]['type'] extends keyof ArrayOf ? ArrayOf[L['fields'][F]['type']] : never;
};

const arrays = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, s32: Int32Array, u64: Float64Array };

/** Chooses fields of a layout for the native side, once; `allocate` then makes their columns for a batch. */
export function chooseColumns<L extends { readonly fields: Record<string, Field> }, K extends keyof L['fields'] & string>(
  layout: L,
  names: readonly K[],
) {
  const chosen = names.map((name) => layout.fields[name]!);
  const kind = (field: Field) => field.type as keyof typeof fieldType;
  return {
    /** (offset, field type, elements) a column. */
    fields: Int32Array.from(chosen.flatMap((field) => [field.offset, fieldType[kind(field)], field.count])),
    allocate(capacity: number): { readonly list: Column[]; readonly named: Columns<L, K> } {
      const list = chosen.map((field) => new arrays[kind(field)](capacity * field.count));
      return { list, named: Object.fromEntries(names.map((name, i) => [name, list[i]])) as Columns<L, K> };
    },
  };
}
