// A linear layer: quantized, compared, taken apart; and the numbers that a format has.

import type { FieldInfo, ReceiptRow } from "./arrays";

/** Where a layer comes from: typed numbers, a seeded synthetic layer, or arrays beside the request. */
export interface LayerSource {
  /** How the bytes of the array "weights" are stored, where they are a part of a file. */
  weights_type?: string;
  weights_by_columns?: boolean;
  values?: readonly number[];
  synthetic?: string;
  synthetic_tokens?: number;
  /** How many times as large one input column in 64 is; 1: no outliers. */
  synthetic_outliers?: number;
  seed?: number;
  /** A matrix of the language model; the model and its calibration text travel beside the request. */
  layer?: string;
  /** weights; or, a row a token, the layer's outputs ("outputs") or SiLU of them ("silu_outputs"). */
  layer_numbers?: string;
  layer_tokens?: number;
  /** Only so many of its first outputs and inputs. */
  layer_rows?: number;
  layer_columns?: number;
  plant_outliers?: number;
}

/** The settings of all methods; each reads its own. */
export interface MethodSettings {
  bits?: number;
  scheme?: string;
  granularity?: string;
  group_size?: number;
  range?: string;
  code_range?: string;
  rounding?: string;
  clip_ratio?: number;
  activation_bits?: number;
  activation_granularity?: string;
  threshold?: number;
  convention?: string;
  activation_order?: boolean;
  damping?: number;
  block_size?: number;
  grid?: number;
  salient?: number;
  alpha?: number;
  base?: string;
  vector_size?: number;
  outliers?: number;
}

export interface QuantizeRequest extends LayerSource, MethodSettings {
  op: "quantize";
  method: string;
  return?: readonly string[];
}

export interface QuantizeResponse {
  method: string;
  parameters: Record<string, number | string | boolean>;
  rows: number;
  columns: number;
  bits_per_weight: number;
  bytes: number;
  weight_mse: number;
  weight_max_error: number;
  weight_sqnr_db: number | null;
  worst_channel: { row: number; weight_mse: number };
  output_mse?: number;
  output_mse_rtn?: number;
  seconds: number;
  details?: Record<string, unknown>;
  receipt?: ReceiptRow[];
}

export interface SchemaResponse {
  version: string;
  instruction_set: string;
  methods: { id: string; title: string; source: string; needs_activations: boolean; fields: FieldInfo[] }[];
}

export interface StatisticsRequest extends LayerSource {
  op: "statistics";
  of?: "weights" | "activations";
  bins?: number;
}

/** Arrays: column_absmax and column_absmean, the largest and the mean magnitude in each column. */
export interface StatisticsResponse {
  rows: number;
  columns: number;
  minimum: number;
  maximum: number;
  mean: number;
  rms: number;
  max_over_rms: number;
  histogram: { low: number; high: number; counts: number[] };
}

/** A row of numbers rounded step by step. Arrays: lattice (a row a group: every number that a code stands for), restored. */
export interface AffineRequest {
  op: "affine";
  values: readonly number[];
  bits?: number;
  scheme?: string;
  range?: string;
  code_range?: string;
  rounding?: string;
  clip_ratio?: number;
  /** Neighbours that share a scale; 0: all of them do. */
  group_size?: number;
  zero_point_sign?: string;
  seed?: number;
}

export interface AffineStep {
  value: number;
  group: number;
  divided: number;
  rounded: number;
  code: number;
  clamped: boolean;
  restored: number;
  error: number;
}

/** `numbers` values from `first` on, which share a scale. */
export interface AffineGroup {
  first: number;
  numbers: number;
  minimum: number;
  maximum: number;
  scale: number;
  zero_point: number;
}

/** Scale, zero point and receipt are the first group's; the rest is that of all numbers. */
export interface AffineResponse {
  minimum: number;
  maximum: number;
  code_minimum: number;
  code_maximum: number;
  scale: number;
  zero_point: number;
  right_zero_point: number;
  clamped: number;
  mse: number;
  max_error: number;
  sqnr_db: number | null;
  groups: AffineGroup[];
  values: AffineStep[];
  receipt: ReceiptRow[];
}

/** Each product of a small layer, before and after its weights are quantized. A row has as many weights as inputs. */
export interface ProductsRequest {
  op: "products";
  values: readonly number[];
  inputs: readonly number[];
  bias: readonly number[];
  method: string;
  bits?: number;
  scheme?: string;
  granularity?: string;
}

export interface ProductsResponse {
  outputs: {
    products: {
      weight: number;
      stored: number;
      input: number;
      product: number;
      quantized_product: number;
      error: number;
    }[];
    bias: number;
    output: number;
    quantized_output: number;
    error: number;
  }[];
  weight_mse: number;
  output_mse: number;
  bits_per_weight: number;
}

/** The numbers that a format can write. Arrays: values, those inside the window where they are at most 4096. */
export interface RepresentableRequest {
  op: "representable";
  format: string;
  low: number;
  high: number;
  value: number;
}

export interface RepresentableResponse {
  name: string;
  bits_per_weight: number;
  count: number;
  lowest: number;
  highest: number;
  inside: number;
  value: number;
  nearest: number;
  below: number;
  above: number;
  off_by: number;
  source: string;
}

/** GPTQ after `step` columns. Arrays: weights, now, change (now - weights), push (what the last step moved), order, rounded. */
export interface GptqTraceRequest extends LayerSource {
  op: "gptq-trace";
  bits?: number;
  granularity?: string;
  activation_order?: boolean;
  damping?: number;
  step?: number;
}

export interface GptqTraceResponse {
  rows: number;
  columns: number;
  step: number;
  column?: number;
  bits_per_weight: number;
  bytes: number;
  weight_mse: number;
  weight_mse_rtn: number;
  largest_push: number;
  output_mse_so_far: number;
  output_mse_so_far_rtn: number;
  output_mse: number;
  output_mse_rtn: number;
  by_step: { output_mse: number[]; output_mse_rtn: number[] };
  receipt: ReceiptRow[];
}

/** Rounding to nearest, GPTQ and the best of all roundings of short rows. Arrays: weights, rtn, gptq, best. */
export interface BestRoundingRequest extends LayerSource {
  op: "best-rounding";
  bits?: number;
  activation_order?: boolean;
  damping?: number;
}

export interface BestRoundingResponse {
  rows: number;
  columns: number;
  bits_per_weight: number;
  combinations_per_row: number;
  visited: number;
  output_mse_rtn: number;
  output_mse_gptq: number;
  output_mse_best: number;
  weight_mse_rtn: number;
  weight_mse_gptq: number;
  weight_mse_best: number;
  receipt: ReceiptRow[];
}

/** A layer before and after a Hadamard rotation. Arrays: column_absmax_before, column_absmax_after, of the inputs. */
export interface RotatedRequest extends LayerSource {
  op: "rotated";
  bins?: number;
}

export interface Spread {
  largest: number;
  rms: number;
  max_over_rms: number;
  histogram: { low: number; high: number; counts: number[] };
}

export interface RotatedResponse {
  rows: number;
  columns: number;
  activations: { before: Spread; after: Spread };
  weights: { before: Spread; after: Spread };
  output_rms: number;
  output_largest_difference: number;
  output_mse: number;
}

/** Every method and format on one layer. "best" are those that no other has both fewer bits and less error than. */
export interface CompareRequest extends LayerSource {
  op: "compare";
}

export interface Compared {
  method: string;
  title: string;
  is_format: boolean;
  bits: number | null;
  activation_bits: number;
  bits_per_weight: number;
  bytes: number;
  weight_mse: number;
  output_mse?: number;
  best_weights: boolean;
  best_output?: boolean;
}

export interface CompareResponse {
  rows: number;
  columns: number;
  results: Compared[];
  left_out?: { method: string; because: string }[];
}
