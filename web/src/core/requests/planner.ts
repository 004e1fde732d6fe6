// Memory, cache and speed of real models.

import type { ReceiptRow } from "./arrays";

/** The KV cache of a model given by its layers and width alone. */
export interface CacheSketchRequest {
  op: "cache-sketch";
  layers?: number;
  width?: number;
  context?: number;
  batch?: number;
  weights?: string;
  kv_key?: string;
  kv_value?: string;
  memory?: number;
}

export interface CacheSketchResponse {
  weights: number;
  kv_cache: number;
  kv_cache_f16: number;
  times_smaller: number | null;
  kv_per_token: number;
  total: number;
  memory: number;
  max_batch: number;
  receipts: { weights: ReceiptRow[]; kv_cache: ReceiptRow[] };
}

/** Which real model, what is stored how, and the load: what every question to the planner has. */
export interface PlanRequest {
  model?: string | undefined;
  /** The text of a Hugging Face config.json instead of a model. */
  config?: string | undefined;
  weights?: string;
  weights_embedding?: string | undefined;
  weights_attention?: string | undefined;
  weights_feed_forward?: string | undefined;
  weights_norms?: string | undefined;
  kv_key?: string;
  kv_value?: string;
  kv_group?: number | undefined;
  kv_residual?: number | undefined;
  context?: number;
  batch?: number;
  overhead?: number | undefined;
  device?: string | undefined;
}

export interface MemoryRequest extends PlanRequest {
  op: "memory";
  fit?: number | undefined;
}

export interface MemoryResponse {
  weights: { total: number; embedding: number; attention: number; feed_forward: number; norms: number };
  kv_cache: { total: number; per_token: number };
  total: number;
  model: string;
  parameters: number;
  active_parameters: number;
  fit?: { bytes: number; fits: boolean; max_context: number; max_batch: number; model_max_context: number };
  receipts: { parameters: ReceiptRow[]; weights: ReceiptRow[]; kv_cache: ReceiptRow[]; total: ReceiptRow[] };
}

/** What finetuning takes: with adapters beside frozen matrices, or with all weights (`whole`). */
export interface FinetuneRequest {
  op: "finetune-memory";
  model: string;
  whole?: boolean | undefined;
  weights?: string;
  adapted?: string | undefined;
  rank?: number | undefined;
  learnable_bits?: number;
  optimizer_bytes?: number;
  context?: number;
  batch?: number;
  checkpointing?: boolean;
}

export interface FinetuneResponse {
  model: string;
  parameters: number;
  learnable: number;
  learnable_share: number;
  base: number;
  adapters: number;
  gradients: number;
  optimizer: number;
  activations: number;
  total: number;
  assumptions: string[];
  receipts: { learnable: ReceiptRow[]; base: ReceiptRow[]; activations: ReceiptRow[]; total: ReceiptRow[] };
}

/** The KV caches of real models against the context. */
export interface CacheCurveRequest {
  op: "cache-curve";
  models: readonly string[];
  contexts: readonly number[];
  kv_key?: string;
  kv_value?: string;
}

export interface CacheCurve {
  model: string;
  name: string;
  attention: string;
  layers: number;
  hidden: number;
  heads: number;
  kv_heads: number;
  head_dim: number;
  max_context: number;
  bytes: number[];
  bytes_by_width_formula: number[];
  times_smaller_than_formula: number | null;
  per_token: number;
  source: string;
  receipt: ReceiptRow[];
}

export interface CacheCurveResponse {
  contexts: number[];
  curves: CacheCurve[];
}

export interface FormatsThatFitRequest extends PlanRequest {
  op: "formats-that-fit";
  fit?: number | undefined;
}

export interface FormatsThatFitResponse {
  model: string;
  bytes: number;
  best: string | null;
  formats: {
    format: string;
    name: string;
    bits_per_weight: number;
    weights: number;
    times_smaller_than_f16: number;
    total: number;
    fits: boolean;
    max_context: number;
    max_batch: number;
  }[];
}

export interface SpeedRequest extends PlanRequest {
  op: "speed";
  bandwidth?: number;
  compute?: number;
}

export interface SpeedResponse {
  model: string;
  device: { id: string; name: string; source: string } | null;
  decode_tokens_per_second: number;
  prefill_seconds: number | null;
  prefill_unknown_because?: string;
  bound: "memory" | "compute";
  assumptions: string[];
  total: number;
  fits: boolean | null;
  receipts: { decode: ReceiptRow[]; prefill: ReceiptRow[] };
}

/** Where work stands under a device's roof; intensity is in operations a byte. */
export interface RooflineRequest extends PlanRequest {
  op: "roofline";
  batches: readonly number[];
}

export interface RooflinePoint {
  intensity: number;
  tflops: number;
  bound: "memory" | "compute";
  times_faster_than_f16: number;
}

export interface RooflineResponse {
  model: string;
  device: { id: string; name: string; source: string } | null;
  bandwidth_gb_s: number;
  peak_tflops: number;
  ridge: number;
  roof: { intensity: number[]; tflops: number[] };
  decode: (RooflinePoint & {
    batch: number;
    tokens_per_second: number;
    f16_tokens_per_second: number;
    total_bytes: number;
  })[];
  prefill: RooflinePoint & { seconds: number; f16_seconds: number };
  assumptions: string[];
  receipts: { decode: ReceiptRow[]; prefill: ReceiptRow[] };
}

export interface Model {
  id: string;
  name: string;
  parameters: number;
}

export interface Device {
  id: string;
  name: string;
  memory_bytes: number | null;
  bandwidth_gb_s: number;
  fp16_tflops: number | null;
  source: string;
  evidence: string;
}
