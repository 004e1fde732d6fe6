import { expect, test } from "vitest";
import { shareOf } from "./measure";
import type { EvalResponse } from "./requests";

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
