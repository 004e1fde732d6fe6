import { expect, test } from "vitest";
import type { CacheCurve } from "../../core/requests";
import { split } from "./curves";

const curve = { max_context: 4096 } as CacheCurve;

test("a curve is broken where its model's context ends, wherever the reader's own context stands in the list", () => {
  expect(split(curve, [1024, 4096, 8192, 2048])).toEqual({ within: [0, 3, 1], beyond: [1, 2] });
  expect(split(curve, [1024, 2048])).toEqual({ within: [0, 1], beyond: [] });
});
