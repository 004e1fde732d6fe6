import { expect, test } from "vitest";
import type { Measured } from "../../core/requests";
import { byBytes, reportOf, sameWork } from "./report";

const row: Measured = {
  kernel: "matmul_packed q4_0",
  shape: "1 token, 4096 x 4096",
  data: "cold",
  threads: 1,
  seconds: 0.001,
  spread: 0.1,
  gb_per_s: 9,
  gop_per_s: 33,
  bound: "memory",
};
const limits = {
  threads: 1,
  memory_gb_per_s: 12,
  cache_gb_per_s: 60,
  float_gop_per_s: 90,
  int8_gop_per_s: 300,
};
const text = JSON.stringify({
  version: "0.1.0",
  date: "",
  processor: "x",
  instruction_set: "avx2",
  limits: [limits],
  rows: [
    { ...row, gb_per_s: 11, threads: 2 },
    { ...row, gb_per_s: 10 },
  ],
});

test("a report is read, and anything else is refused with a reason", () => {
  expect(reportOf(text).processor).toBe("x");
  expect(() => reportOf("{")).toThrow(/no JSON/);
  expect(() => reportOf("[]")).toThrow(/no report of quantbench/);
  expect(() => reportOf('{"limits":[],"rows":[{"kernel":"a"}]}')).toThrow(/lacks/);
});

test("the same work is the same kernel and shape on one thread, and a limit is a limit", () => {
  const report = reportOf(text);
  expect(sameWork(report, row)?.gb_per_s).toBe(10);
  expect(sameWork(report, { ...row, shape: "other" })).toBeUndefined();
  expect(sameWork(report, { ...row, kernel: "float", bound: "float" })?.gop_per_s).toBe(90);
  expect(sameWork(undefined, row)).toBeUndefined();
  expect(byBytes(row)).toBe(true);
  expect(byBytes({ ...row, bound: "int8" })).toBe(false);
});
