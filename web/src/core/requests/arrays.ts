// What travels with every request or answer: arrays, the fields of the schema, receipts.

export type NumberArray = Float32Array | Int8Array | Uint8Array | Int32Array;

export interface NamedArray {
  name: string;
  shape: number[];
  data: NumberArray;
}

/** An array on its way to the core. Of a part of a file only the place travels; the worker reads its bytes. */
export type SentArray = NamedArray | (Omit<NamedArray, "data"> & { data: Blob });

export type Arrays = Readonly<Record<string, NamedArray>>;

export type FieldKind = "integer" | "real" | "flag" | "choice";

export interface FieldInfo {
  key: string;
  kind: FieldKind;
  minimum: number;
  maximum: number;
  step: number;
  choices: string[];
  default: number | string | boolean;
  unit: string;
  meaning: string;
}

/** One line of a derivation: value follows from expression over earlier symbols, or is given by source. */
export interface ReceiptRow {
  symbol: string;
  value: number;
  unit: string;
  expression: string;
  source: string;
}
