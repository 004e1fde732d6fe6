// Where the page finds the compiled core: `core:simd128` and `core:relaxed` (the glue that Emscripten writes),
// `core:files` (the WebAssembly itself) and `core:worker` (how to start the worker).
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const kBuilds = ["simd128", "relaxed"] as const;

export interface CoreModuleOptions {
  /** Folder with quantlens-<build>.js and quantlens-<build>.wasm. */
  folder: string;
  /** Puts the compiled core into the page itself instead of beside it. */
  inline: boolean;
  source: string;
  /** For what runs while the page is built, where no worker is ever started. */
  without?: boolean;
}

/** The element that holds one build's bytes in the single file. */
export const elementId = (build: string): string => `core-${build}`;

/** The compiled core as elements of the page that no script engine runs: gzip, then base64. */
export function inlinedCore(folder: string): string {
  return kBuilds
    .map((build) => {
      const bytes = gzipSync(readFileSync(join(folder, `quantlens-${build}.wasm`)), { level: 9 });
      return `<script type="application/octet-stream" id="${elementId(build)}">${bytes.toString("base64")}</script>`;
    })
    .join("\n");
}

const addresses = (folder: string) => `
${kBuilds.map((build) => `import ${build} from ${JSON.stringify(`${join(folder, `quantlens-${build}.wasm`)}?url`)};`).join("\n")}
const absolute = (address) => new URL(address, document.baseURI).href;
export const moduleBytes = async () => ({ ${kBuilds.map((build) => `${build}: absolute(${build})`).join(", ")} });
`;

const elements = () => `
const bytesOf = async (id) => {
  const text = document.getElementById(id).textContent;
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(unpacked).arrayBuffer();
};
export const moduleBytes = async () => ({ ${kBuilds.map((build) => `${build}: await bytesOf("${elementId(build)}")`).join(", ")} });
`;

/** The page without a core: for work on its text and its tests, never for a build that is to be published. */
const absent = `export const moduleBytes = async () => { throw new Error("this page was built without the core"); };`;

const noWorker = `export const createWorker = () => { throw new Error("there is no worker while the page is built"); };`;

export function coreModule({ folder, inline, source, without = false }: CoreModuleOptions): Plugin {
  const present = () =>
    !without && kBuilds.every((build) => existsSync(join(folder, `quantlens-${build}.wasm`)));
  return {
    name: "quantlens-core-module",
    enforce: "pre",
    buildStart() {
      if (
        !without &&
        !present() &&
        this.environment.config.command === "build" &&
        !process.env.QUANTLENS_WITHOUT_CORE
      )
        this.error(`no compiled core in ${folder}: build the wasm and wasm-relaxed presets first`);
    },
    resolveId(id, importer) {
      // The glue runs in Node as well, for the tests, and asks there for this.
      if (id === "module" && importer?.startsWith(folder)) return "\0core:no-node";
      if (id === "core:worker" && without) return "\0core:no-worker";
      if (id === "core:worker")
        return join(source, "core/worker-factory", inline ? "inline.ts" : "hosted.ts");
      if (id === "core:files") return "\0core:files";
      const build = kBuilds.find((name) => id === `core:${name}`);
      if (!build) return undefined;
      return present() ? join(folder, `quantlens-${build}.js`) : "\0core:absent";
    },
    load(id) {
      if (id === "\0core:absent") return "export default undefined;";
      if (id === "\0core:no-worker") return noWorker;
      if (id === "\0core:no-node") return "export const createRequire = () => undefined;";
      if (id !== "\0core:files") return undefined;
      if (!present()) return absent;
      return inline ? elements() : addresses(folder);
    },
  };
}
