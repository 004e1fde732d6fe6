// The golden cases that the page ships: tests/golden as requests to the core and what must come back. They are made when the
// page is built (plugins/golden-cases.ts) and loaded when a reader asks for them.
import type { NamedArray, NumberArray } from "../../core/requests";
import type { Expectation } from "./compare";

export interface PackedArray {
  type: "f32" | "i8" | "u8" | "i32";
  shape: number[];
  /** The values, little-endian, as base64. */
  base64: string;
}
export interface PackedExpectation extends Omit<Expectation, "want"> {
  want: number | number[] | PackedArray;
}
export interface GoldenCase {
  name: string;
  /** The code that the expected numbers came from. */
  source: string;
  request: { op: string };
  /** Name in the request -> array. */
  arrays: Record<string, string>;
  /** A second request, about an array of the first one's answer. */
  after?: { request: { op: string }; array: string; from: string };
  expects: PackedExpectation[];
}
export interface GoldenCases {
  arrays: Record<string, PackedArray>;
  cases: GoldenCase[];
}

const kTypes = { f32: Float32Array, i8: Int8Array, u8: Uint8Array, i32: Int32Array };

export function unpacked(array: PackedArray): NumberArray {
  const bytes = Uint8Array.from(atob(array.base64), (letter) => letter.charCodeAt(0));
  return new kTypes[array.type](bytes.buffer);
}

export const arraysOf = (one: GoldenCase, all: GoldenCases["arrays"]): NamedArray[] =>
  Object.entries(one.arrays).map(([name, key]) => ({
    name,
    shape: all[key]!.shape,
    data: unpacked(all[key]!),
  }));

export function expectationOf({ want, ...rest }: PackedExpectation): Expectation {
  if (typeof want === "number") return { ...rest, want: [want] };
  return { ...rest, want: Array.isArray(want) ? want : unpacked(want) };
}
