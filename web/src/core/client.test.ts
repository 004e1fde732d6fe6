import { beforeEach, describe, expect, test, vi } from "vitest";
import { CoreClient, type Listener } from "./client";
import type { FromWorker, ToWorker } from "./messages";

/** A worker that answers only when the test says so. */
class FakeWorker {
  onmessage: ((event: { data: FromWorker }) => void) | null = null;
  onerror: ((event: { message: string }) => void) | null = null;
  sent: ToWorker[] = [];
  ended = false;
  postMessage(message: ToWorker) {
    this.sent.push(message);
  }
  terminate() {
    this.ended = true;
  }
  say(message: FromWorker) {
    this.onmessage?.({ data: message });
  }
  get asked() {
    return this.sent.filter((message) => message.kind === "ask");
  }
}

let workers: FakeWorker[];
let client: CoreClient;
const newest = () => workers.at(-1)!;
const listener = () => ({ answered: vi.fn(), refused: vi.fn(), progressed: vi.fn() }) satisfies Listener;
const ready = async () => {
  await Promise.resolve();
  await Promise.resolve();
  newest().say({ kind: "ready", build: "simd128" });
};
const answer = (worker: FakeWorker, json: object) => {
  const asked = worker.asked.at(-1)!;
  worker.say({ kind: "answer", id: asked.id, json: JSON.stringify(json), arrays: [], milliseconds: 1 });
};

beforeEach(() => {
  vi.useFakeTimers();
  workers = [];
  client = new CoreClient({
    createWorker: () => {
      const worker = new FakeWorker();
      workers.push(worker);
      return worker as unknown as Worker;
    },
    moduleBytes: async () => ({ simd128: "a", relaxed: "b" }),
  });
});

describe("the client", () => {
  test("answers the newest request and skips those it replaced", async () => {
    const [first, second, third] = [listener(), listener(), listener()];
    client.ask("a", { op: "one" }, [], first);
    await ready();
    client.ask("a", { op: "two" }, [], second);
    client.ask("a", { op: "three" }, [], third);
    answer(newest(), { n: 1 });
    answer(newest(), { n: 3 });
    expect(newest().asked.map((message) => message.request)).toEqual(['{"op":"one"}', '{"op":"three"}']);
    expect(second.answered).not.toHaveBeenCalled();
    expect(second.refused.mock.calls).toEqual([[expect.objectContaining({ code: "superseded" })]]);
    expect(third.answered).toHaveBeenCalledWith({ n: 3 }, {}, 1);
    expect(third.refused).not.toHaveBeenCalled();
  });

  test("keeps the requests of different channels apart", async () => {
    const [first, second] = [listener(), listener()];
    client.ask("a", { op: "one" }, [], first);
    client.ask("b", { op: "two" }, [], second);
    await ready();
    answer(newest(), { n: 1 });
    answer(newest(), { n: 2 });
    expect(first.answered).toHaveBeenCalledOnce();
    expect(second.answered).toHaveBeenCalledOnce();
  });

  test("goes on where a listener fails", async () => {
    const [first, second] = [listener(), listener()];
    first.answered.mockImplementation(() => {
      throw new Error("cannot draw");
    });
    client.ask("a", { op: "one" }, [], first);
    client.ask("b", { op: "two" }, [], second);
    await ready();
    expect(() => answer(newest(), { n: 1 })).toThrow("cannot draw");
    answer(newest(), { n: 2 });
    expect(second.answered).toHaveBeenCalledWith({ n: 2 }, {}, 1);
  });

  test("passes an error on to who asked", async () => {
    const asking = listener();
    client.ask("a", { op: "one" }, [], asking);
    await ready();
    answer(newest(), { error: { code: "bad_parameter", field: "bits", message: "bits is 9" } });
    expect(asking.refused).toHaveBeenCalledWith({
      code: "bad_parameter",
      field: "bits",
      message: "bits is 9",
    });
  });

  test("starts a new worker when one dies, and asks again", async () => {
    const asking = listener();
    client.ask("a", { op: "one" }, [], asking);
    await ready();
    newest().say({ kind: "died", message: "out of memory" });
    expect(workers).toHaveLength(2);
    expect(workers[0]!.ended).toBe(true);
    await ready();
    answer(newest(), { n: 1 });
    expect(asking.answered).toHaveBeenCalledOnce();
  });

  test("starts a new worker after an answer that memory ran out", async () => {
    const asking = listener();
    const other = listener();
    client.ask("a", { op: "one" }, [], asking);
    client.ask("b", { op: "two" }, [], other);
    await ready();
    answer(newest(), { error: { code: "too_large", message: "not enough memory" } });
    expect(asking.refused).toHaveBeenCalledOnce();
    expect(workers).toHaveLength(2);
    expect(workers[0]!.ended).toBe(true);
    await ready();
    answer(newest(), { n: 2 });
    expect(other.answered).toHaveBeenCalledOnce();
  });

  test("keeps its worker where something too large was refused by name", async () => {
    const asking = listener();
    client.ask("a", { op: "one" }, [], asking);
    await ready();
    answer(newest(), { error: { code: "too_large", field: "weights", message: "too many weights" } });
    expect(asking.refused).toHaveBeenCalledOnce();
    expect(workers).toHaveLength(1);
    expect(workers[0]!.ended).toBe(false);
  });

  test("does not ask a third time what killed two workers", async () => {
    const asking = listener();
    client.ask("a", { op: "one" }, [], asking);
    await ready();
    newest().say({ kind: "died", message: "out of memory" });
    await ready();
    newest().say({ kind: "died", message: "out of memory" });
    expect(asking.refused.mock.calls[0]![0].code).toBe("crashed");
    await ready();
    const other = listener();
    client.ask("b", { op: "two" }, [], other);
    answer(newest(), { n: 2 });
    expect(other.answered).toHaveBeenCalledOnce();
  });

  test("gives up when no worker will start", async () => {
    client.ask("a", { op: "one" }, [], listener());
    for (let i = 0; i < 5 && client.status.value.state !== "failed"; i += 1)
      newest().onerror?.({ message: "no" });
    expect(client.status.value).toEqual({ state: "failed", message: "no" });
  });

  test("gives up on workers that say they are ready and die before they answer", async () => {
    client.ask("a", { op: "one" }, [], listener());
    for (let i = 0; i < 9 && client.status.value.state !== "failed"; i += 1) {
      await ready();
      newest().onerror?.({ message: "no" });
    }
    expect(client.status.value).toEqual({ state: "failed", message: "no" });
    expect(workers.length).toBeLessThan(6);
  });

  test("replaces a worker that is busy with an answer nobody wants", async () => {
    const [first, second] = [listener(), listener()];
    client.ask("a", { op: "long" }, [], first);
    await ready();
    client.ask("a", { op: "short" }, [], second);
    vi.advanceTimersByTime(60_000);
    expect(workers).toHaveLength(2);
    await ready();
    answer(newest(), { n: 2 });
    expect(first.answered).not.toHaveBeenCalled();
    expect(first.refused.mock.calls).toEqual([[expect.objectContaining({ code: "superseded" })]]);
    expect(second.answered).toHaveBeenCalledOnce();
  });

  test("sends a model once, and again to a worker that does not have it", async () => {
    const array = { name: "model", shape: [1], data: new Uint8Array(1) };
    const model = { key: "reference", arrays: [array] };
    const brought = () => newest().asked.at(-1)!.arrays.length;
    client.ask("a", { op: "eval" }, [], listener(), model);
    await ready();
    expect(brought()).toBe(1);
    answer(newest(), { n: 1 });
    client.ask("a", { op: "eval" }, [], listener(), model);
    expect(brought()).toBe(0);
    answer(newest(), { n: 2 });
    client.ask("b", { op: "quantize" }, [], listener());
    expect(brought()).toBe(0);
    answer(newest(), { n: 3 });
    client.ask("a", { op: "eval" }, [], listener(), { key: "trained", arrays: [array, array] });
    expect(brought()).toBe(2);
    newest().say({ kind: "died", message: "out of memory" });
    await ready();
    expect(brought()).toBe(2);
    answer(newest(), { error: { code: "bad_parameter", message: "no" } });
    client.ask("a", { op: "eval" }, [], listener(), { key: "trained", arrays: [array, array] });
    expect(brought()).toBe(2);
  });

  test("says so when the browser cannot run the core", async () => {
    client.ask("a", { op: "one" }, [], listener());
    newest().say({ kind: "unsupported" });
    expect(client.status.value.state).toBe("unsupported");
  });
});
