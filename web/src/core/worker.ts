// The worker that holds the core. It loads the build that this browser can run, then answers one request after the other.

import createRelaxed from "core:relaxed";
import type { CoreFactory } from "core:simd128";
import createSimd128 from "core:simd128";
import { relaxedSimd, simd } from "wasm-feature-detect";
import type { Build, FromWorker, ModuleBytes, ToWorker } from "./messages";
import type { SentArray } from "./requests";

type Core = InstanceType<Awaited<ReturnType<CoreFactory>>["Core"]>;
const factories: Record<Build, CoreFactory> = { simd128: createSimd128, relaxed: createRelaxed };
let core: Core | undefined;

const tell = (message: FromWorker, transfer: Transferable[] = []) => self.postMessage(message, { transfer });

async function bytesOf(module: ModuleBytes): Promise<ArrayBuffer> {
  if (typeof module !== "string") return module;
  const response = await fetch(module);
  if (!response.ok)
    throw new Error(`the core could not be fetched: ${response.status} ${response.statusText}`);
  return response.arrayBuffer();
}

async function load(build: Build, modules: Record<Build, ModuleBytes>): Promise<void> {
  const wasmBinary = await bytesOf(modules[build]);
  const module = await factories[build]({ wasmBinary, locateFile: (name) => name });
  core = new module.Core();
  tell({ kind: "ready", build });
}

async function start(modules: Record<Build, ModuleBytes>): Promise<void> {
  if (!(await simd())) return tell({ kind: "unsupported" });
  if (!(await relaxedSimd())) return load("simd128", modules);
  try {
    await load("relaxed", modules);
  } catch {
    await load("simd128", modules);
  }
}

/** Parts of files are read here, so that the page itself never holds them. */
const filled = (arrays: SentArray[]) =>
  Promise.all(
    arrays.map(async ({ data, ...rest }) => ({
      ...rest,
      data: data instanceof Blob ? new Uint8Array(await data.arrayBuffer()) : data,
    })),
  );

async function answer(id: number, request: string, sent: SentArray[]): Promise<void> {
  if (!core) return;
  let arrays: Awaited<ReturnType<typeof filled>>;
  try {
    arrays = await filled(sent);
  } catch (error) {
    const message = `the file could not be read: ${error instanceof Error ? error.message : String(error)}`;
    const json = JSON.stringify({ error: { code: "bad_file", field: "file", message } });
    return tell({ kind: "answer", id, json, arrays: [], milliseconds: 0 });
  }
  const began = performance.now();
  const result = core.answer(request, arrays, (share) => {
    tell({ kind: "progress", id, share });
    return true;
  });
  const milliseconds = performance.now() - began;
  tell(
    { kind: "answer", id, json: result.json, arrays: result.arrays, milliseconds },
    result.arrays.map((array) => array.data.buffer as ArrayBuffer),
  );
}

self.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
  try {
    if (data.kind === "start") await start(data.modules);
    else await answer(data.id, data.request, data.arrays);
  } catch (error) {
    // Out of memory or an abort leaves the module unusable: say so, and the page starts a new worker.
    tell({ kind: "died", message: error instanceof Error ? error.message : String(error) });
  }
};
