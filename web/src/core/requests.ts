// The shapes of what goes to the core and comes back, one entry an operation. The names are the contract's; the page's
// controls, its links and "copy as command" all write these same keys.

import type { Arrays } from "./requests/arrays";
import type {
  InspectRequest,
  InspectResponse,
  MeasureRequest,
  MeasureResponse,
  TensorFileRequest,
} from "./requests/files";
import type {
  AffineRequest,
  AffineResponse,
  BestRoundingRequest,
  BestRoundingResponse,
  CompareRequest,
  CompareResponse,
  GptqTraceRequest,
  GptqTraceResponse,
  ProductsRequest,
  ProductsResponse,
  QuantizeRequest,
  QuantizeResponse,
  RepresentableRequest,
  RepresentableResponse,
  RotatedRequest,
  RotatedResponse,
  SchemaResponse,
  StatisticsRequest,
  StatisticsResponse,
} from "./requests/layers";
import type {
  EvalRequest,
  EvalResponse,
  GenerateRequest,
  GenerateResponse,
  ModelRequest,
  ModelResponse,
  TrainRequest,
  TrainResponse,
} from "./requests/model";
import type {
  CacheCurveRequest,
  CacheCurveResponse,
  CacheSketchRequest,
  CacheSketchResponse,
  Device,
  FinetuneRequest,
  FinetuneResponse,
  FormatsThatFitRequest,
  FormatsThatFitResponse,
  MemoryRequest,
  MemoryResponse,
  Model,
  RooflineRequest,
  RooflineResponse,
  SpeedRequest,
  SpeedResponse,
} from "./requests/planner";

export type * from "./requests/arrays";
export type * from "./requests/files";
export type * from "./requests/layers";
export type * from "./requests/model";
export type * from "./requests/planner";

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
  "finetune-memory": { request: FinetuneRequest; response: FinetuneResponse };
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
