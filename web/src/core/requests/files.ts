// Files of tensors, and the speed of this device.

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
