import { expect, test } from "vitest";
import { front } from "./pareto";

test("the front holds what nothing beats", () => {
  const results = [
    { cost: 4, loss: 2 },
    { cost: 2, loss: 5 },
    { cost: 3, loss: 6 },
    { cost: 4, loss: 3 },
    { cost: 8, loss: 2 },
    { cost: 8, loss: 1 },
  ];
  expect(front(results)).toEqual([
    { cost: 2, loss: 5 },
    { cost: 4, loss: 2 },
    { cost: 8, loss: 1 },
  ]);
  expect(front([])).toEqual([]);
});
