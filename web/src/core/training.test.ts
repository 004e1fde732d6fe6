import { expect, test } from "vitest";
import type { TrainResponse } from "./requests";
import { type Curve, extended } from "./training";

const curve: Curve = {
  name: "a",
  measured: [{ step: 5, bits: 2.5 }],
  step: 5,
  done: false,
  learnable: 10,
  tokensPerSecond: 100,
};
const answer = (step: number, more: Partial<TrainResponse> = {}): TrainResponse => ({
  step,
  steps: 20,
  done: false,
  new_steps: [step],
  new_bits_per_byte: [2],
  learnable: 10,
  tokens_per_second: 50,
  ...more,
});

test("a step that was measured adds a point", () => {
  expect(extended(curve, answer(6)).measured).toHaveLength(1);
  expect(extended(curve, answer(10, { held_out_bits_per_byte: 2.25 })).measured).toEqual([
    { step: 5, bits: 2.5 },
    { step: 10, bits: 2.25 },
  ]);
});

test("a run that the core began again begins its curve again", () => {
  expect(extended(curve, answer(1, { held_out_bits_per_byte: 3 })).measured).toEqual([{ step: 1, bits: 3 }]);
});
