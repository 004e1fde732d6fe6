// The core's two builds, as plugins/core-module.ts resolves them.
declare module "core:simd128" {
  import type { NamedArray } from "./requests";
  export interface CoreModule {
    Core: new () => {
      answer(
        request: string,
        arrays: NamedArray[],
        progress: (share: number) => boolean,
      ): { json: string; arrays: NamedArray[] };
    };
  }
  export type CoreFactory = (options: {
    wasmBinary: ArrayBuffer;
    locateFile: (name: string) => string;
  }) => Promise<CoreModule>;
  const create: CoreFactory;
  export default create;
}
declare module "core:relaxed" {
  import type { CoreFactory } from "core:simd128";

  const create: CoreFactory;
  export default create;
}
declare module "core:files" {
  import type { Build, ModuleBytes } from "./messages";
  /** The compiled builds: addresses where the page is a folder, bytes where it is one file. */
  export function moduleBytes(): Promise<Record<Build, ModuleBytes>>;
}
declare module "core:model-files" {
  /** A file beside the page, or an element of it, and its length once unpacked. */
  interface Place {
    address?: string;
    element?: string;
    bytes: number;
  }
  /** Undefined where the page was built without the model. */
  export const files:
    | Record<"model" | "config" | "calibration" | "evaluation" | "adapter", Place>
    | undefined;
}
declare module "core:worker" {
  export function createWorker(): Worker;
}
declare module "*.tex" {
  /** The formula as MathML. */
  const mathml: string;
  export default mathml;
}
declare module "golden:cases" {
  /** The golden cases that the page ships. */
  const cases: import("../chapters/checks/cases").GoldenCases;
  export default cases;
}
declare module "golden:count" {
  const count: number;
  export default count;
}
