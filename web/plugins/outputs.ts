// The last step of a build: the policy for the folder, or everything put into one HTML file.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Plugin, Rolldown } from "vite";
import { inlinedCore } from "./core-module.ts";
import { inlinedModelFiles } from "./model-files.ts";
import { withPolicy } from "./policy.ts";

type Bundle = Rolldown.OutputBundle;

const textOf = (file: Rolldown.OutputAsset | Rolldown.OutputChunk): string =>
  file.type === "chunk"
    ? file.code
    : typeof file.source === "string"
      ? file.source
      : new TextDecoder().decode(file.source);

function pageOf(bundle: Bundle): Rolldown.OutputAsset {
  const page = bundle["index.html"];
  if (page?.type !== "asset") throw new Error("the build made no index.html");
  return page;
}

/** What a link to the page is shown with elsewhere; tools/pictures.mjs draws it. */
const kSocial = "social.png";
const socialTags = `<meta property="og:image" content="${kSocial}">
    <meta name="twitter:card" content="summary_large_image">`;

export const folderOutput = (social: string): Plugin => ({
  name: "quantlens-folder",
  enforce: "post",
  generateBundle(_, bundle) {
    const page = pageOf(bundle);
    const has = existsSync(social);
    if (has) this.emitFile({ type: "asset", fileName: kSocial, source: readFileSync(social) });
    page.source = withPolicy(textOf(page).replace("<!--social-->", has ? socialTags : ""), "folder");
  },
});

/** One file, written to `output`: script and style stand in the page, the core and the model too (gzip and base64). */
export const singleFileOutput = (folders: { core: string; data: string }, output: string): Plugin => ({
  name: "quantlens-single-file",
  enforce: "post",
  // When everything is written: only then are the chunks what they will be.
  writeBundle(_, bundle) {
    const page = pageOf(bundle);
    let html = textOf(page)
      .replace("<!--social-->", "")
      .replace(/<link[^>]+rel="modulepreload"[^>]*>\s*/g, "");
    for (const [name, file] of Object.entries(bundle)) {
      const address = `[./]*${name.replaceAll(".", "\\.")}`;
      if (name.endsWith(".css"))
        html = html.replace(
          new RegExp(`<link[^>]+href="${address}"[^>]*>`),
          () => `<style>${textOf(file)}</style>`,
        );
      if (name.endsWith(".js")) {
        const script = textOf(file).replaceAll("</script", "<\\/script");
        html = html.replace(new RegExp(`<script[^>]+src="${address}"[^>]*></script>`), "");
        html = html.replace("</body>", () => `<script type="module">${script}</script>\n</body>`);
      }
    }
    if (!process.env.QUANTLENS_WITHOUT_CORE)
      html = html.replace("</body>", () => `${inlinedCore(folders.core)}\n</body>`);
    html = html.replace("</body>", () => `${inlinedModelFiles(folders.data)}\n</body>`);
    writeFileSync(output, withPolicy(html, "single"));
  },
});
