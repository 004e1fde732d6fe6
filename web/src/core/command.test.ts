import { expect, test } from "vitest";
import { commandOf } from "./command";

test("a request is the command's flags with other punctuation", () => {
  expect(
    commandOf({
      op: "quantize",
      method: "rtn",
      bits: 4,
      group_size: 128,
      return: ["codes"],
      values: [0.15, -0.32],
    }),
  ).toBe("quantlens quantize --method rtn --bits 4 --group-size 128 --values 0.15,-0.32");
});

test("a flag that is off is not written, one that is on has no value", () => {
  expect(commandOf({ op: "quantize", method: "gptq", activation_order: true, static_groups: false })).toBe(
    "quantlens quantize --method gptq --activation-order",
  );
});

test("a value that starts with a minus cannot be taken for a flag", () => {
  expect(commandOf({ op: "affine", values: [-0.4, 1] })).toBe("quantlens affine --values=-0.4,1");
});

test("what a shell would read as its own is quoted", () => {
  expect(commandOf({ op: "memory", config: `{"a": "it's"}` })).toBe(
    `quantlens memory --config '{"a": "it'\\''s"}'`,
  );
});

test("what a terminal would obey is written out", () => {
  expect(commandOf({ op: "inspect", file: "it's\u001b[201~\nx.gguf" })).toBe(
    "quantlens inspect --file $'it\\u0027s\\u001b[201~\\u000ax.gguf'",
  );
});

test("a request to the language model names the texts that the page sends with it", () => {
  expect(commandOf({ op: "eval", method: "rtn", bits: 3, windows: 4, step_limit: 8 })).toBe(
    "quantlens eval --calibration data/calibration.txt --text data/evaluation.txt --method rtn --bits 3 --windows 4",
  );
  expect(commandOf({ op: "quantize", method: "gptq", layer: "model.layers.0.mlp.up_proj.weight" })).toBe(
    "quantlens quantize --calibration data/calibration.txt --method gptq --layer model.layers.0.mlp.up_proj.weight",
  );
});
