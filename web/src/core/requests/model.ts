// The reference language model: quantized, evaluated, writing, learning.

import type { MethodSettings } from "./layers";

/** How the language model is quantized: a method ("none": not at all) with its settings, and the plan around it. */
export interface ModelPlan extends MethodSettings {
  method: string;
  /** Which matrices: their names match this pattern. */
  layers?: string;
  rotate?: boolean;
  smooth?: number;
  plant_outliers?: number;
  kv_key?: string;
  kv_value?: string;
  kv_group?: number;
  kv_residual?: number;
  /** What shares a scale among the keys: tokens of one channel, or channels of one token. */
  kv_key_granularity?: string | undefined;
  /** Keys and values times a Hadamard matrix before they are stored. */
  kv_rotate?: boolean;
  seed?: number;
  /** So many steps of the work, and then what there is; the same request again goes on. */
  step_limit?: number;
}

/** What a quantized model takes. */
export interface ModelSize {
  method: string;
  bits_per_weight: number;
  quantized_bits_per_weight: number;
  bytes: number;
  done: boolean;
}

export type Interval = readonly [low: number, high: number];

export interface ModelRequest {
  op: "model";
}

export interface ModelResponse {
  config: Record<string, number | string | boolean | readonly string[]>;
  parameters: number;
  tensors: { name: string; rows: number; columns: number; is_norm: boolean }[];
}

/** How well the model predicts a text. The figures are there once the first window of 512 bytes is scored. */
export interface EvalRequest extends ModelPlan {
  op: "eval";
  windows?: number;
  /** Adds the means of each so many positions from a window's start. */
  positions?: number;
}

export interface AtPosition {
  first: number;
  tokens: number;
  bits_per_byte: number;
  bits_per_byte_increase: number;
  kl_divergence: number;
}

export interface Evaluated {
  tokens: number;
  bits_per_byte: number;
  bits_per_byte_ci95: Interval;
  bits_per_byte_increase: number;
  bits_per_byte_increase_ci95: Interval;
  perplexity: number;
  perplexity_ci95: Interval;
  kl_divergence: number;
  kl_divergence_ci95: Interval;
  top1_agreement: number;
  top1_agreement_ci95: Interval;
  by_position?: AtPosition[];
  seconds: number;
}

export interface EvalResponse extends ModelSize, Partial<Evaluated> {
  progress: { matrices_done: number; matrices: number; windows_done: number; windows: number };
}

/** Text that the model writes. Arrays: text (bytes), all of it so far; the probabilities are of the newest bytes. */
export interface GenerateRequest extends ModelPlan {
  op: "generate";
  prompt: string;
  tokens?: number;
  temperature?: number;
  top_k?: number;
  top_p?: number;
}

export interface GenerateResponse extends ModelSize {
  tokens?: number;
  new_probabilities?: number[];
}

/** Training in steps. Arrays when done: model (a safetensors file). */
export interface TrainRequest {
  op: "train";
  learning: "weights" | "qat" | "scales" | "lora";
  base?: string;
  loftq_iterations?: number;
  bits?: number;
  scheme?: string;
  group_size?: number;
  activation_bits?: number;
  rank?: number;
  alpha?: number;
  layers?: string;
  steps: number;
  batch?: number;
  sequence?: number;
  parts?: number;
  optimizer?: string;
  learning_rate?: number;
  warmup?: number;
  decay_share?: number;
  final_share?: number;
  weight_decay?: number;
  validate_stride?: number;
  seed?: number;
  step_limit?: number;
}

export interface TrainResponse {
  step: number;
  steps: number;
  done: boolean;
  new_steps: number[];
  new_bits_per_byte: number[];
  learnable: number;
  tokens_per_second: number;
  held_out_bits_per_byte?: number;
  bits_per_weight?: number;
  bytes?: number;
}
