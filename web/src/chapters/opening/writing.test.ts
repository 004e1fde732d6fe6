import { expect, test } from "vitest";
import { alike, grown, type Written } from "./writing";

const bytes = (...values: number[]) => new Uint8Array(values);
const two: Written = { bytes: bytes(1, 2), probabilities: [0.5, 0.25], done: false };

test("an answer adds its newest bytes", () => {
  expect(grown(two, bytes(1, 2, 3), [0.75], true)).toEqual({
    bytes: bytes(1, 2, 3),
    probabilities: [0.5, 0.25, 0.75],
    done: true,
  });
});

test("a generator that began again does not double anything", () => {
  expect(grown(two, bytes(1), [0.5], false).probabilities).toEqual([0.5]);
});

test("what is alike is counted from the beginning", () => {
  expect(alike(bytes(1, 2, 3), bytes(1, 2, 4, 3))).toBe(2);
  expect(alike(bytes(), bytes(1))).toBe(0);
});
