import { signal } from "@preact/signals";
import { expect, test, vi } from "vitest";
import type { FromWorker, ToWorker } from "./messages";

vi.hoisted(() => {
  vi.stubGlobal("Worker", class {});
  vi.stubEnv("SSR", false);
});
const { worker } = vi.hoisted(() => ({
  worker: {
    sent: [] as ToWorker[],
    onmessage: undefined as undefined | ((event: { data: FromWorker }) => void),
    postMessage(message: ToWorker) {
      this.sent.push(message);
    },
    terminate() {},
  },
}));
vi.mock("core:worker", () => ({ createWorker: () => worker }));
vi.mock("core:files", () => ({ moduleBytes: async () => ({ simd128: "a", relaxed: "b" }) }));

test("a box that is emptied while its answer is on the way leaves no progress behind", async () => {
  const { ask } = await import("./ask");
  const bits = signal<number | undefined>(4);
  const answer = ask(() =>
    bits.value === undefined
      ? undefined
      : { op: "quantize" as const, method: "rtn", bits: bits.value, values: [1, 2] },
  );
  await vi.waitFor(() => expect(worker.sent).toHaveLength(1));
  worker.onmessage?.({ data: { kind: "ready", build: "simd128" } });
  const asked = () => worker.sent.filter((message) => message.kind === "ask");
  // The page itself asks which core this is before anything else.
  worker.onmessage?.({
    data: { kind: "answer", id: asked()[0]!.id, json: "{}", arrays: [], milliseconds: 1 },
  });
  worker.onmessage?.({ data: { kind: "progress", id: asked()[1]!.id, share: 0.5 } });
  expect(answer.progress.value).toBe(0.5);
  bits.value = undefined;
  expect(answer.progress.value).toBeUndefined();
  expect(answer.stale.value).toBe(true);
});
