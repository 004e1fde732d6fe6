// `import formula from "./formula.tex"` gives MathML, typeset when the page is built.
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";
import { mathml } from "../src/page/mathml.ts";

export function tex(): Plugin {
  return {
    name: "quantlens-tex",
    enforce: "pre",
    load(id) {
      if (!id.endsWith(".tex")) return undefined;
      return `export default ${JSON.stringify(mathml(readFileSync(id, "utf8"), true))};`;
    },
  };
}
