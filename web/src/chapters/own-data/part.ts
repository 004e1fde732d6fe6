// Which bytes of a file are read: a run of rows of one tensor. Nothing here looks at a value.
import type { FileTensor, LayerSource, SentArray } from "../../core/requests";

/** A file as the page needs it; a File is one. */
export interface Sliced {
  readonly name: string;
  readonly size: number;
  slice(start: number, end: number): Blob;
}

/** Rows first .. end - 1 of a tensor. */
export interface Part {
  first: number;
  end: number;
  /** Whether that is the whole tensor. */
  whole: boolean;
}

export const valuesOf = (tensor: FileTensor): number => tensor.shape.reduce((count, axis) => count * axis, 1);
export const rowsOf = (tensor: FileTensor): number => (tensor.shape.length === 2 ? tensor.shape[0]! : 1);
export const columnsOf = (tensor: FileTensor): number => tensor.shape.at(-1) ?? 1;

/** Rows that can be taken alone lie one after the other. */
const hasRows = (tensor: FileTensor): boolean => tensor.shape.length === 2 && !tensor.fortran_order;

/** How many rows hold at most so many values; one at least. */
export const rowsWithin = (tensor: FileTensor, values: number): number =>
  hasRows(tensor)
    ? Math.min(rowsOf(tensor), Math.max(1, Math.floor(values / Math.max(1, columnsOf(tensor)))))
    : rowsOf(tensor);

/** The part that begins near row `first` and has at most so many values. */
export function partOf(tensor: FileTensor, first: number, values: number): Part {
  const rows = rowsOf(tensor);
  const count = rowsWithin(tensor, values);
  const start = Math.max(0, Math.min(first, rows - count));
  return { first: start, end: start + count, whole: count === rows };
}

/** Values of a part. */
export const valuesIn = (tensor: FileTensor, part: Part): number =>
  hasRows(tensor) ? (part.end - part.first) * columnsOf(tensor) : valuesOf(tensor);

/** What the core is told of a part, and where the worker reads it. */
export function layerOf(
  file: Sliced,
  tensor: FileTensor,
  part: Part,
): { source: LayerSource; array: SentArray } {
  const rowBytes = tensor.bytes / Math.max(1, rowsOf(tensor));
  const begin = tensor.offset + (hasRows(tensor) ? part.first * rowBytes : 0);
  const end = hasRows(tensor) ? begin + (part.end - part.first) * rowBytes : tensor.offset + tensor.bytes;
  const source: LayerSource = { weights_type: (tensor.big_endian ? ">" : "") + tensor.type };
  if (tensor.fortran_order && tensor.shape.length > 1) source.weights_by_columns = true;
  const at = { name: "weights", data: file.slice(begin, end) };
  if (tensor.shape.length > 2) {
    // Refused by the core, whatever its size; its first numbers are enough to be told so.
    const sample = tensor.bytes / (valuesOf(tensor) / columnsOf(tensor));
    const axes = tensor.shape.slice(1).map(() => 1);
    return { source, array: { ...at, shape: [...axes, sample], data: file.slice(begin, begin + sample) } };
  }
  const runs = source.weights_by_columns ? columnsOf(tensor) : hasRows(tensor) ? part.end - part.first : 1;
  return { source, array: { ...at, shape: [runs, (end - begin) / Math.max(1, runs)] } };
}

/** The part as an argument of the command line: model.gguf:blk.0.ffn_up.weight[0:512]. */
export function argumentOf(file: Sliced, tensor: FileTensor, part: Part): string {
  const rows = part.whole ? "" : `[${part.first}:${part.end}]`;
  return tensor.name === "" && rows === "" ? file.name : `${file.name}:${tensor.name}${rows}`;
}

/** The tensor that is shown first: the first matrix of some size, else the first of all. */
export function firstShown(tensors: readonly FileTensor[]): FileTensor | undefined {
  return tensors.find((t) => t.shape.length === 2 && valuesOf(t) >= 4096) ?? tensors[0];
}
