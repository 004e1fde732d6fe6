import { expect, test } from "vitest";
import { middle } from "./middle";

test("a few values far away do not stretch the range", () => {
  const values = Array.from({ length: 1000 }, (_, i) => (i - 500) / 500);
  values[3] = 40;
  const [low, high] = middle(values);
  expect(low).toBe(-high);
  expect(high).toBeGreaterThan(0.99);
  expect(high).toBeLessThanOrEqual(1);
});

test("of a few values none is left out, and zeros still have a range", () => {
  expect(middle([0.5, -2])).toEqual([-2, 2]);
  expect(middle([0, 0])).toEqual([-1, 1]);
});
