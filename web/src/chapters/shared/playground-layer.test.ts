import { expect, test } from "vitest";
import type { QuantizeResponse } from "../../core/requests";
import { costRow, costWords, kCostColumns, listOf, numberOf } from "./playground-layer";

const answer: QuantizeResponse = {
  method: "awq",
  parameters: {},
  rows: 64,
  columns: 128,
  bits_per_weight: 4.15625,
  bytes: 4256,
  weight_mse: 0.000012345,
  weight_max_error: 0.1,
  weight_sqnr_db: 20,
  worst_channel: { row: 0, weight_mse: 0.1 },
  seconds: 0,
  details: { losses: [1, 2], best_ratio: 0.5, note: "a word" },
};

test("a cost row has a cell for every column, and a dash where nothing was measured", () => {
  const row = costRow("AWQ", answer);
  expect(row).toHaveLength(kCostColumns.length);
  expect(row).toEqual(["AWQ", "4.156", "4,256", "0.000012345", "\u2013"]);
});

test("bits and bytes are said in words", () => {
  expect(costWords(answer)).toBe("4.16 bits a weight, 4.16\u00a0KiB in all");
});

test("facts that are not there are empty, not a failure", () => {
  expect(listOf(answer, "losses")).toEqual([1, 2]);
  expect(listOf(answer, "note")).toEqual([]);
  expect(listOf(answer, "absent")).toEqual([]);
  expect(numberOf(answer, "best_ratio")).toBe(0.5);
  expect(numberOf(answer, "losses")).toBeNaN();
});
