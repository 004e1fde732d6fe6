import { expect, test } from "vitest";
import { spread } from "./spread";

test("places far apart stay where they are", () => {
  expect(spread([10, 50, 30], 16)).toEqual([10, 50, 30]);
});

test("places that are too near are moved apart evenly and keep their order", () => {
  expect(spread([20, 10], 16)).toEqual([23, 7]);
  const many = spread([5, 5, 5, 5], 10);
  const sorted = [...many].sort((a, b) => a - b);
  for (let i = 1; i < sorted.length; i += 1) expect(sorted[i]! - sorted[i - 1]!).toBeGreaterThan(9.9);
});
