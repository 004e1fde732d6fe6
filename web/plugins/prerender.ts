// Writes the page's text and the resting state of every figure into index.html, so that the page reads before (and
// without) its script.
import { createServer, type Plugin, type UserConfig, type ViteDevServer } from "vite";

export function prerender(entry: string, config: () => UserConfig): Plugin {
  let server: ViteDevServer | undefined;
  const render = async (from: ViteDevServer): Promise<string> => {
    const module = (await from.ssrLoadModule(entry)) as { renderPage(): string };
    return module.renderPage();
  };
  return {
    name: "quantlens-prerender",
    configureServer(devServer) {
      server = devServer;
    },
    transformIndexHtml: {
      order: "pre",
      async handler(html) {
        if (server) return html.replace("<!--page-->", await render(server));
        const own = await createServer({
          ...config(),
          configFile: false,
          appType: "custom",
          server: { middlewareMode: true, hmr: false, ws: false, watch: null },
          optimizeDeps: { noDiscovery: true },
        });
        try {
          return html.replace("<!--page-->", await render(own));
        } finally {
          await own.close();
        }
      },
    },
  };
}
