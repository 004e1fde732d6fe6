import { expect, test } from "vitest";
import { methodName, settingsText } from "./settings-text";
import { sweep } from "./sweep";

test("settings are said in the words of the chapters", () => {
  expect(
    settingsText({ method: "gptq", bits: 4, activation_bits: 16, granularity: "group", group_size: 128 }),
  ).toBe("GPTQ, 4 bits, groups of 128");
  expect(settingsText({ method: "smoothquant", bits: 8, activation_bits: 8, granularity: "channel" })).toBe(
    "SmoothQuant, 8 bits, activations in 8, one scale a row",
  );
  expect(settingsText({ method: "nf4", double_quantization: true })).toBe("NF4, scales rounded too");
  expect(settingsText({ op: "eval", method: "awq", bits: 3, alpha: 0.5 })).toBe("AWQ, 3 bits, alpha 0.5");
});

test("a cache is named without the weights where these stay as they are, and beside them where they do not", () => {
  expect(settingsText({ kv_key: "int4", kv_value: "int4" })).toBe("KV cache in INT4");
  expect(settingsText({ method: "none", kv_key: "int4", kv_value: "int2" })).toBe(
    "keys in INT4, values in INT2",
  );
  expect(settingsText({ method: "rtn", bits: 4, kv_key: "int8", kv_value: "int8" })).toBe(
    "Rounding to nearest, 4 bits, KV cache in INT8",
  );
  expect(settingsText({ method: "rtn", bits: 4, kv_key: "f32", kv_value: "f32" })).toBe(
    "Rounding to nearest, 4 bits",
  );
  expect(settingsText({ plant_outliers: 20 })).toBe("Nothing rounded, outliers planted 20 times as large");
});

test("the types of GGUF are told from the formats of the same name", () => {
  expect(["q4_K", "iq4_nl", "mxfp4", "mxfp4_ocp", "fp8_e4m3"].map(methodName)).toEqual([
    "GGUF Q4_K",
    "GGUF IQ4_NL",
    "GGUF MXFP4",
    "MXFP4",
    "FP8 E4M3",
  ]);
});

test("no two rows of the sweep are called alike, but for what says the same in two ways", () => {
  const names = sweep.map(({ settings }) => settingsText(settings));
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  expect(twice).toEqual(sweep.length > 0 ? ["NF4, scales rounded too"] : []);
});
