// The shapes of what goes to the core and comes back, one entry an operation. The names are the contract's; the page's
// controls, its links and "copy as command" all write these same keys.

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
  layer_tokens?: number;
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
/** Arrays: column_absmax, the largest weight of each column. */
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

/** A row of numbers rounded step by step. Arrays: lattice (every number that a code stands for), restored. */
export interface AffineRequest {
  op: "affine";
  values: readonly number[];
  bits?: number;
  scheme?: string;
  range?: string;
  code_range?: string;
  rounding?: string;
  clip_ratio?: number;
  zero_point_sign?: string;
  seed?: number;
}
export interface AffineStep {
  value: number;
  divided: number;
  rounded: number;
  code: number;
  clamped: boolean;
  restored: number;
  error: number;
}
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

/** The tensors of a file, from its first bytes (array "start"), or how many it takes to tell. */
export interface InspectRequest {
  op: "inspect";
  file: string;
  file_bytes: number;
}
export interface FileTensor {
  name: string;
  type: string;
  shape: number[];
  bytes: number;
  bits_per_weight: number;
  offset: number;
  fortran_order?: boolean;
  big_endian?: boolean;
}
export interface InspectResponse {
  needs?: number;
  file?: string;
  kind?: "npy" | "safetensors" | "gguf";
  version?: string;
  tensors?: FileTensor[];
  metadata?: Record<string, unknown>;
}

/** The arrays that come with it as the bytes of a file. Arrays: file. */
export interface TensorFileRequest {
  op: "tensor-file";
  to: "npy" | "safetensors";
}

/** One kernel on the machine that runs this page; `kernel` memory, cache, float and int8 are the machine's own limits. */
export interface MeasureRequest {
  op: "measure";
  kernel: string;
  rows?: number;
  columns?: number;
  tokens?: number;
  repetitions?: number;
}
export interface Measured {
  kernel: string;
  shape: string;
  data: "cold" | "hot";
  threads: number;
  seconds: number;
  spread: number;
  gb_per_s: number;
  gop_per_s: number;
  bound: "memory" | "cache" | "float" | "int8";
  share_of_limit?: number;
}
export interface MeasureResponse extends Measured {
  instruction_set: string;
}

export interface Operations {
  model: { request: ModelRequest; response: ModelResponse };
  eval: { request: EvalRequest; response: EvalResponse };
  generate: { request: GenerateRequest; response: GenerateResponse };
  train: { request: TrainRequest; response: TrainResponse };
  inspect: { request: InspectRequest; response: InspectResponse };
  "tensor-file": { request: TensorFileRequest; response: { bytes: number } };
  measure: { request: MeasureRequest; response: MeasureResponse };
  quantize: { request: QuantizeRequest; response: QuantizeResponse };
  schema: { request: { op: "schema" }; response: SchemaResponse };
  statistics: { request: StatisticsRequest; response: StatisticsResponse };
  affine: { request: AffineRequest; response: AffineResponse };
  products: { request: ProductsRequest; response: ProductsResponse };
  "cache-sketch": { request: CacheSketchRequest; response: CacheSketchResponse };
  representable: { request: RepresentableRequest; response: RepresentableResponse };
  "gptq-trace": { request: GptqTraceRequest; response: GptqTraceResponse };
  "best-rounding": { request: BestRoundingRequest; response: BestRoundingResponse };
  rotated: { request: RotatedRequest; response: RotatedResponse };
  compare: { request: CompareRequest; response: CompareResponse };
  memory: { request: MemoryRequest; response: MemoryResponse };
  "cache-curve": { request: CacheCurveRequest; response: CacheCurveResponse };
  "formats-that-fit": { request: FormatsThatFitRequest; response: FormatsThatFitResponse };
  speed: { request: SpeedRequest; response: SpeedResponse };
  roofline: { request: RooflineRequest; response: RooflineResponse };
  models: { request: { op: "models" }; response: { models: Model[] } };
  devices: { request: { op: "devices" }; response: { devices: Device[] } };
}
export type Operation = keyof Operations;
export type Request = Operations[Operation]["request"];
export type ResponseTo<R extends Request> = Operations[R["op"]]["response"] & { arrays: Arrays };

export interface CoreError {
  code: string;
  /** The key of the request that is wrong, so that the message stands beside its control. */
  field?: string;
  message: string;
}
