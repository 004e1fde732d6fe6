import type { NamedArray, SentArray } from "./requests";

export type Build = "simd128" | "relaxed";

/** The compiled core of one build, or where the worker can fetch it. */
export type ModuleBytes = ArrayBuffer | string;

export type ToWorker =
  | { kind: "start"; modules: Record<Build, ModuleBytes> }
  | { kind: "ask"; id: number; request: string; arrays: SentArray[] };

export type FromWorker =
  | { kind: "ready"; build: Build }
  | { kind: "unsupported" }
  | { kind: "progress"; id: number; share: number }
  | { kind: "answer"; id: number; json: string; arrays: NamedArray[]; milliseconds: number }
  | { kind: "died"; message: string };
