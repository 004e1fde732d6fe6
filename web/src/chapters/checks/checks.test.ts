import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { goldenCases } from "../../../plugins/golden-cases";
import { expectationOf, type GoldenCase, unpacked } from "./cases";
import { compare } from "./compare";

const want = [1, -2, 4];
const expected = { what: "values", array: "v", want, relative: 1e-3, absolute: 0 };

test("what is near enough passes and says how near", () => {
  const outcome = compare([1.0005, -2, 4], expected);
  expect(outcome.passed).toBe(true);
  expect(outcome.used).toBeCloseTo(0.5, 6);
  expect(outcome.deviation).toBeCloseTo(0.0005, 9);
});

test("one wrong value fails, and so do NaN, a missing array and a wrong length", () => {
  expect(compare([1.002, -2, 4], expected).passed).toBe(false);
  expect(compare([1, Number.NaN, 4], expected).passed).toBe(false);
  expect(compare(undefined, expected).passed).toBe(false);
  expect(compare([1, -2], expected).passed).toBe(false);
});

test("exact means exact", () => {
  const exact = { ...expected, relative: 0 };
  expect(compare(want, exact)).toMatchObject({ passed: true, used: 0, tolerance: "exact" });
  expect(compare([1, -2, 4.000001], exact).passed).toBe(false);
});

test("codes may differ in their share, with or without a sign", () => {
  const codes = { what: "codes", array: "codes", want: [0, 1, 2, 3], relative: 0, absolute: 0, share: 0.25 };
  expect(compare([-2, -1, 0, 1], { ...codes, share: 0 }).passed).toBe(true);
  expect(compare([0, 1, 2, 2], codes).passed).toBe(true);
  expect(compare([0, 1, 1, 2], codes).passed).toBe(false);
  expect(compare([0, 1, 2, 2], { ...codes, share: 0 }).passed).toBe(false);
});

test("what a reference left undefined is not compared", () => {
  expect(compare([1, 9, 4], { ...expected, skip: [[1, 2]] }).passed).toBe(true);
});

const golden = goldenCases(fileURLToPath(new URL("../../../../tests/golden/open", import.meta.url)));

test("the page ships cases of every method and of encoding and decoding", () => {
  const kinds = new Set(
    golden.cases.map(({ request }) => ("method" in request ? request.method : request.op)),
  );
  for (const kind of [
    "rtn",
    "gptq",
    "awq",
    "smoothquant",
    "llm-int8",
    "quarot",
    "nf4",
    "fp4",
    "kv",
    "hadamard",
    "encode",
    "decode",
  ])
    expect(kinds).toContain(kind);
  expect(golden.cases.length).toBeGreaterThan(200);
});

test("an array comes out of its packing as the file has it", () => {
  const one = golden.cases.find(({ name }) => name === "c01_gptq_sym_b4_g32") as GoldenCase;
  const codes = expectationOf(one.expects[0]!);
  expect(codes.want.length).toBe(8 * 128);
  expect(compare(codes.want, codes).passed).toBe(true);
  const wrong = Array.from(codes.want);
  wrong[5]! += 1;
  expect(compare(wrong, codes).passed).toBe(false);
  expect(unpacked(golden.arrays[one.arrays.weights!]!)).toHaveLength(8 * 128);
});
