import { fieldType, type Column } from '@nfscope/native';

export interface Field {
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
type ColumnType = keyof typeof arrays;

/** Name, type and elements of each column, in their order. */
export type ColumnList = readonly (readonly [name: string, type: ColumnType, count: number])[];

/** Chooses fields of a layout for the native side, once; `allocate` then makes their columns for a batch. */
export function chooseColumns<L extends { readonly fields: Record<string, Field> }, K extends keyof L['fields'] & string>(
  layout: L,
  names: readonly K[],
) {
  const chosen = names.map((name) => layout.fields[name]!);
  const kind = (field: Field) => field.type as ColumnType;
  const allocate = (capacity: number): { readonly list: Column[]; readonly named: Columns<L, K> } => {
    const list = chosen.map((field) => new arrays[kind(field)](capacity * field.count));
    return { list, named: Object.fromEntries(names.map((name, i) => [name, list[i]])) as Columns<L, K> };
  };
  return {
    /** (offset, field type, elements) a column. */
    fields: Int32Array.from(chosen.flatMap((field) => [field.offset, fieldType[kind(field)], field.count])),
    list: chosen.map((field, i) => [names[i]!, kind(field), field.count]) as ColumnList,
    allocate,
    /** The first `length` elements of each column, one column after the other. */
    pack(columns: Columns<L, K>, length: number): Buffer {
      return Buffer.concat(
        chosen.map((field, i) => {
          const column: Column = columns[names[i]!];
          return Buffer.from(column.buffer, column.byteOffset, length * field.count * column.BYTES_PER_ELEMENT);
        }),
      );
    },
    /** Takes out of packed columns those it knows; what `packed` does not list is zero. */
    unpack(bytes: Uint8Array, length: number, packed: ColumnList): Columns<L, K> {
      const { list, named } = allocate(length);
      let at = 0;
      for (const [name, type, count] of packed) {
        const size = length * count * arrays[type].BYTES_PER_ELEMENT;
        const column = list[names.indexOf(name as K)];
        if (column !== undefined) new Uint8Array(column.buffer).set(bytes.subarray(at, at + size));
        at += size;
      }
      return named;
    },
    /** The columns of whole records of `size` bytes, one behind the other. */
    decode(records: Uint8Array, size: number): Columns<L, K> {
      const length = records.length / size;
      const { list, named } = allocate(length);
      chosen.forEach(({ offset, count }, i) => {
        const column = list[i]!;
        const bytes = new Uint8Array(column.buffer);
        const width = count * column.BYTES_PER_ELEMENT;
        if (column instanceof Float64Array) {
          const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
          for (let row = 0; row < length; row++)
            for (let k = 0; k < count; k++) column[row * count + k] = Number(view.getBigUint64(row * size + offset + k * 8, true));
        } else {
          for (let row = 0; row < length; row++) bytes.set(records.subarray(row * size + offset, row * size + offset + width), row * width);
        }
      });
      return named;
    },
    /** Names of the columns that are there in another shape. */
    differing(packed: ColumnList): string[] {
      return packed.flatMap(([name, type, count]) => {
        const field = chosen[names.indexOf(name as K)];
        return field === undefined || (field.type === type && field.count === count) ? [] : [name];
      });
    },
  };
}
