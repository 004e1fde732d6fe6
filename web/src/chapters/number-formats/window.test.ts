import { expect, test } from "vitest";
import { windowAround } from "./window";

test("without zoom the whole line is shown", () => {
  expect(windowAround(0.3, 1, 1)).toEqual([-1, 1]);
  expect(windowAround(70, 1, 1)).toEqual([-1, 1]);
});

test("a zoomed window keeps the number in its middle and stays on the line", () => {
  expect(windowAround(0.25, 1, 4)).toEqual([0, 0.5]);
  expect(windowAround(0.99, 1, 4)).toEqual([0.5, 1]);
  expect(windowAround(-5, 1, 2)).toEqual([-1, 0]);
});
