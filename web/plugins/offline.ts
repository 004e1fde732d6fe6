// The service worker of the hosted page: what the page is made of is kept, so that it works without a network afterwards.
// The golden cases, large and seldom wanted, are kept once they were fetched.
import { createHash } from "node:crypto";
import type { Plugin, Rolldown } from "vite";

const kName = "offline.js";

const worker = (version: string, files: readonly string[]): string => `
// Other copies of the page, elsewhere on the same host, have caches of their own.
const kOurs = "quantlens " + self.registration.scope + " ";
const kCache = kOurs + "${version}";
// The page's name stays when its contents change, and a browser may still hold an older one that names other files.
const kFiles = [new Request("./", { cache: "no-cache" }), ...${JSON.stringify(files)}];
self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(kCache).then((cache) => cache.addAll(kFiles)));
});
self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith(kOurs) && name !== kCache);
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))));
});
const fetched = async (request) => {
  const response = await fetch(request);
  if (response.ok) (await caches.open(kCache)).put(request, response.clone());
  return response;
};
// The page itself comes from the network where there is one; everything else has its contents in its name.
const answer = async (request) => {
  if (request.mode === "navigate") return fetch(request).catch(() => caches.match("./"));
  return (await caches.match(request)) ?? fetched(request);
};
self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(self.registration.scope)) event.respondWith(answer(event.request));
});
`;

const kKept = /\.(js|css|wasm|safetensors|json|txt)$/;
const isGolden = (file: Rolldown.OutputAsset | Rolldown.OutputChunk): boolean =>
  file.type === "chunk" && file.moduleIds.some((id) => id.includes("golden:cases"));

export const offline = (): Plugin => ({
  name: "quantlens-offline",
  enforce: "post",
  generateBundle: {
    order: "post",
    handler(_, bundle) {
      const hash = createHash("sha256");
      for (const file of Object.values(bundle)) hash.update(file.type === "chunk" ? file.code : file.source);
      const kept = Object.entries(bundle).filter(([name, file]) => kKept.test(name) && !isGolden(file));
      const files = kept.map(([name]) => name).sort();
      const source = worker(hash.digest("hex").slice(0, 16), files).trimStart();
      this.emitFile({ type: "asset", fileName: kName, source });
    },
  },
});
