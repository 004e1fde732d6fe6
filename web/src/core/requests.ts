// The shapes of what goes to the core and comes back, one entry an operation. The names are the contract's; the page's
// controls, its links and "copy as command" all write these same keys.

export type NumberArray = Float32Array | Int8Array | Uint8Array | Int32Array;
export interface NamedArray {
  name: string;
  shape: number[];
  data: NumberArray;
}
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
  values?: readonly number[];
  synthetic?: string;
  synthetic_tokens?: number;
  seed?: number;
}

export interface QuantizeRequest extends LayerSource {
  op: "quantize";
  method: string;
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
export interface StatisticsResponse {
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

export interface MemoryRequest {
  op: "memory";
  model?: string;
  config?: string;
  weights?: string;
  kv_key?: string;
  kv_value?: string;
  context?: number;
  batch?: number;
  device?: string;
  fit?: number;
  overhead?: number;
}
export interface MemoryResponse {
  weights: { total: number; embedding: number; attention: number; feed_forward: number; norms: number };
  kv_cache: { total: number; per_token: number };
  total: number;
  model: string;
  parameters: number;
  fit?: { bytes: number; fits: boolean; max_context: number; max_batch: number };
  receipts: { parameters: ReceiptRow[]; weights: ReceiptRow[]; kv_cache: ReceiptRow[]; total: ReceiptRow[] };
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
  error: number;
  source: string;
}

export interface Operations {
  quantize: { request: QuantizeRequest; response: QuantizeResponse };
  schema: { request: { op: "schema" }; response: SchemaResponse };
  statistics: { request: StatisticsRequest; response: StatisticsResponse };
  affine: { request: AffineRequest; response: AffineResponse };
  products: { request: ProductsRequest; response: ProductsResponse };
  "cache-sketch": { request: CacheSketchRequest; response: CacheSketchResponse };
  representable: { request: RepresentableRequest; response: RepresentableResponse };
  memory: { request: MemoryRequest; response: MemoryResponse };
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
