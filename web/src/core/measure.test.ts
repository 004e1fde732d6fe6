import { expect, test, vi } from "vitest";
import type { EvaluationListener } from "./evaluate";
import { measure, shareOf } from "./measure";
import type { EvalResponse } from "./requests";

/** A core that is asked, tells of some progress and then refuses. */
vi.mock("./ask", () => ({ beside: () => ({ arrays: [] }) }));
vi.mock("./evaluate", () => ({
  evaluated: () => undefined,
  evaluateInTurn: (_request: object, listener: EvaluationListener) => {
    listener.progressed(at(14, 0));
    listener.refused({ code: "bad_parameter", message: "no" });
  },
}));

const at = (matrices: number, windows: number, done = false): EvalResponse => ({
  method: "rtn",
  bits_per_weight: 4,
  quantized_bits_per_weight: 4,
  bytes: 1,
  done,
  progress: { matrices_done: matrices, matrices: 28, windows_done: windows, windows: 10 },
});

test("the share grows from nothing over matrices and windows to all", () => {
  expect(shareOf([undefined, undefined])).toBe(0);
  expect(shareOf([at(14, 0), undefined])).toBe(0.125);
  expect(shareOf([at(28, 5), undefined])).toBe(0.375);
  expect(shareOf([at(28, 10, true), at(28, 10, true)])).toBe(1);
});

test("a measurement that is refused shows the error and is no longer under way", () => {
  vi.useFakeTimers();
  const found = measure(() => [{ about: "", plan: { method: "rtn" } }]);
  found.start();
  vi.runAllTimers();
  expect(found.error.value?.message).toBe("no");
  expect(found.stale.value).toBe(false);
  expect(found.progress.value).toBeUndefined();
  vi.useRealTimers();
});
