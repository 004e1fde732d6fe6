// The synthetic layers of the playgrounds: the reader can choose them, and until the language model is here they stand in for
// its matrices (layer-choice.tsx).
import type { LayerSource, QuantizeResponse } from "../../core/requests";
import { bytes, decimals, significant, whole } from "../../ui/format";

export const kLayer = { synthetic: "64x128", synthetic_tokens: 128, seed: 1 } as const satisfies LayerSource;
/** The same layer without its outliers. */
export const kCalmLayer = { ...kLayer, synthetic_outliers: 1 } as const satisfies LayerSource;
export const kLayerWords =
  "A synthetic layer with a fixed seed, not a trained one: 64 outputs, 128 inputs, 128 tokens, two inputs planted as outliers.";

/** Small enough to see every weight. */
export const kSmallLayer = {
  synthetic: "16x32",
  synthetic_tokens: 64,
  seed: 1,
} as const satisfies LayerSource;
export const kSmallLayerWords = "A small synthetic layer with a fixed seed: 16 outputs, 32 inputs.";

/** Small enough to try every rounding of a row. */
export const kTinyLayer = { synthetic: "8x6", synthetic_tokens: 64, seed: 1 } as const satisfies LayerSource;
export const kTinyLayerWords = "A tiny synthetic layer with a fixed seed: 8 rows of 6 weights.";

/** One row of a table: what a method costs in bits and in error. */
export const kCostColumns = [
  "method",
  "bits a weight, scales included",
  "bytes",
  "weight error (MSE)",
  "output error (MSE)",
];
export const costRow = (name: string, r: QuantizeResponse): (string | number)[] => [
  name,
  decimals(r.bits_per_weight, 3),
  whole(r.bytes),
  significant(r.weight_mse, 5),
  r.output_mse === undefined ? "\u2013" : significant(r.output_mse, 5),
];

/** "4.16 bits a weight, 4.16 KiB in all". */
export const costWords = (r: { bits_per_weight: number; bytes: number }): string =>
  `${decimals(r.bits_per_weight, 2)} bits a weight, ${bytes(r.bytes)} in all`;

/** A list of numbers among the facts that a method found; empty where it is not there. */
export function listOf(r: QuantizeResponse, key: string): readonly number[] {
  const found = r.details?.[key];
  return Array.isArray(found) ? (found as number[]) : [];
}
export function numberOf(r: QuantizeResponse, key: string): number {
  const found = r.details?.[key];
  return typeof found === "number" ? found : Number.NaN;
}
