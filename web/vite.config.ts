import { fileURLToPath } from "node:url";
import { defineConfig, type UserConfig } from "vite";
import { coreModule } from "./plugins/core-module.ts";
import { goldenPlugin } from "./plugins/golden-cases.ts";
import { modelFiles } from "./plugins/model-files.ts";
import { offline } from "./plugins/offline.ts";
import { folderOutput, singleFileOutput } from "./plugins/outputs.ts";
import { prerender } from "./plugins/prerender.ts";
import { tex } from "./plugins/tex.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const core = { folder: here("../build/module"), source: here("src") };
const data = here("../data");

// `vite build` makes the folder for a static host; `vite build --mode single` the one file.
export default defineConfig(({ mode }): UserConfig => {
  const single = mode === "single";
  const common = (without = false): UserConfig => ({
    root: here("."),
    base: "./",
    resolve: { alias: { "#data": data } },
    server: { fs: { allow: [here("..")] } },
    plugins: [
      coreModule({ ...core, inline: single, without }),
      modelFiles({ folder: data, inline: single, without }),
      tex(),
      goldenPlugin(here("../tests/golden/open")),
    ],
  });
  return {
    ...common(),
    publicDir: false,
    plugins: [
      ...(common().plugins ?? []),
      prerender("src/page/static.tsx", () => common(true), here(`../build/prerender-${mode}`)),
      single
        ? singleFileOutput({ core: core.folder, data }, here("../build/quantlens.html"))
        : [folderOutput(here("social.png")), offline()],
    ],
    worker: { format: single ? "iife" : "es", plugins: () => common().plugins ?? [] },
    build: {
      // The golden cases are 1.8 MB of numbers, fetched by those who run the checks; the single file holds all there is.
      chunkSizeWarningLimit: single ? 20_000 : 2000, // kB
      outDir: single ? here("../build/single-file") : here("../build/site"),
      emptyOutDir: true,
      target: "es2022",
      cssCodeSplit: false,
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      reportCompressedSize: true,
      rolldownOptions: {
        output: single ? { codeSplitting: false } : {},
        // How long each plugin took is said on a busy machine only, and is no fault of the page.
        checks: { bundlerTimings: false },
      },
    },
    test: { include: ["src/**/*.test.{ts,tsx}", "plugins/**/*.test.ts"] },
  } as UserConfig;
});
