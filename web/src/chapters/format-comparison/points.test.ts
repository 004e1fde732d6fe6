import { expect, test } from "vitest";
import type { Compared } from "../../core/requests";
import { nameOf } from "../shared/settings-text";
import { roundsInputs, shown } from "./points";

const one: Compared = {
  method: "gptq",
  title: "GPTQ",
  is_format: false,
  bits: 4,
  activation_bits: 16,
  bits_per_weight: 4.16,
  bytes: 100,
  weight_mse: 1,
  output_mse: 1,
  best_weights: true,
  best_output: true,
};

test("a method has its bits in its name, a format has not", () => {
  expect(nameOf(one)).toBe("GPTQ, 4 bits");
  expect(nameOf({ ...one, method: "mxfp4_ocp", title: "MXFP4 (OCP)", bits: null })).toBe("MXFP4");
  expect(nameOf({ ...one, method: "q4_K", title: "GGUF Q4_K", bits: null })).toBe("GGUF Q4_K");
});

test("8 bits of an activation are rounded, 16 are not", () => {
  expect(roundsInputs(one)).toBe(false);
  expect(roundsInputs({ ...one, activation_bits: 8 })).toBe(true);
});

test("what has more bits than asked for is not drawn", () => {
  expect(shown([one, { ...one, bits_per_weight: 16 }], 9)).toEqual([one]);
});
