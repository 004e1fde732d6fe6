// Where the page finds the reference model and the texts that go with it: `core:model-files`. In the folder they are files
// beside the page, fetched when a figure needs them; in the single file they stand in the page as elements. A clone
// without the model builds as well: then its figures say that it is missing.
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const kFiles = {
  model: "reference/model.safetensors",
  config: "reference/config.json",
  calibration: "calibration.txt",
  evaluation: "evaluation.txt",
  adapter: "adapter.txt",
} as const;
const kNames = Object.keys(kFiles) as (keyof typeof kFiles)[];

export interface ModelFilesOptions {
  /** Folder of the facts, with reference/ in it where the model is there. */
  folder: string;
  inline: boolean;
  /** For what runs while the page is built, where no model is ever asked. */
  without?: boolean;
}

const present = (folder: string): boolean => kNames.every((name) => existsSync(join(folder, kFiles[name])));
const elementId = (name: string): string => `file-${name}`;

/** The files as elements of the page that no script engine runs: gzip, then base64. */
export function inlinedModelFiles(folder: string): string {
  if (!present(folder)) return "";
  return kNames
    .map((name) => {
      const packed = gzipSync(readFileSync(join(folder, kFiles[name])), { level: 9 });
      return `<script type="application/octet-stream" id="${elementId(name)}">${packed.toString("base64")}</script>`;
    })
    .join("\n");
}

export function modelFiles({ folder, inline, without = false }: ModelFilesOptions): Plugin {
  const source = (): string => {
    if (without || !present(folder)) return "export const files = undefined;";
    const entry = (name: keyof typeof kFiles, where: string) =>
      `${name}: { ${where}, bytes: ${statSync(join(folder, kFiles[name])).size} }`;
    if (inline)
      return `export const files = { ${kNames.map((name) => entry(name, `element: "${elementId(name)}"`)).join(", ")} };`;
    const imports = kNames.map(
      (name) => `import ${name} from ${JSON.stringify(`${join(folder, kFiles[name])}?url`)};`,
    );
    return `${imports.join("\n")}
export const files = { ${kNames.map((name) => entry(name, `address: ${name}`)).join(", ")} };`;
  };
  return {
    name: "quantlens-model-files",
    enforce: "pre",
    resolveId: (id) => (id === "core:model-files" ? "\0core:model-files" : undefined),
    load: (id) => (id === "\0core:model-files" ? source() : undefined),
  };
}
