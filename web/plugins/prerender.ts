// Writes the page's text and the resting state of every figure into index.html, so that the page reads before (and
// without) its script.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin, type UserConfig, type ViteDevServer } from "vite";

interface StaticPage {
  renderPage(): string;
}

/** Bundles the entry for Node into `folder`, and runs it. */
async function bundled(entry: string, config: UserConfig, folder: string): Promise<StaticPage> {
  await build({
    ...config,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    ssr: { noExternal: true },
    build: {
      ssr: entry,
      outDir: folder,
      emptyOutDir: true,
      minify: false,
      rolldownOptions: { output: { entryFileNames: "static.mjs", codeSplitting: false } },
    },
  });
  return import(`${pathToFileURL(join(folder, "static.mjs")).href}?${Date.now()}`);
}

export function prerender(entry: string, config: () => UserConfig, folder: string): Plugin {
  let server: ViteDevServer | undefined;
  return {
    name: "quantlens-prerender",
    configureServer(devServer) {
      server = devServer;
    },
    transformIndexHtml: {
      order: "pre",
      async handler(html) {
        const page = server
          ? ((await server.ssrLoadModule(`/${entry}`)) as StaticPage)
          : await bundled(entry, config(), folder);
        return html.replace("<!--page-->", () => page.renderPage());
      },
    },
  };
}
