import { expect, test } from "vitest";
import { heldApart, needsModel, textsOf } from "./companions";

test("only requests about the language model bring its texts", () => {
  expect(needsModel({ op: "affine" })).toBe(false);
  expect(needsModel({ op: "quantize", layer: "" })).toBe(false);
  expect(textsOf({ op: "quantize", synthetic: "8x8" })).toEqual({});
  expect(textsOf({ op: "quantize", layer: "model.layers.0.mlp.up_proj.weight" })).toEqual({
    calibration: "calibration",
  });
  expect(textsOf({ op: "eval" })).toEqual({ calibration: "calibration", text: "evaluation" });
});

test("the last tenth of a training text is held apart", () => {
  const { text, heldOut } = heldApart(new Uint8Array(9406));
  expect([text.length, heldOut.length]).toEqual([8465, 941]);
});
