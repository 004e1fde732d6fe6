import { expect, test } from "vitest";
import { kGiB, type MemorySettings, planOf } from "./settings";

const settings: MemorySettings = {
  mode: "simple",
  model: "llama-3.1-8b",
  config: "",
  weights: "int4",
  weights_embedding: "q6_K",
  weights_attention: "",
  weights_feed_forward: "",
  weights_norms: "f16",
  kv_key: "int8",
  kv_value: "int4",
  kv_group: 64,
  kv_residual: 128,
  context: 8192,
  batch: 2,
  overhead: 0.5,
  device: "nvidia-rtx-4090",
  fit: 24,
};

test("the simple mode leaves the parts alone and stores values as keys", () => {
  const plan = planOf(settings)!;
  expect(plan.weights_embedding).toBeUndefined();
  expect(plan.weights_norms).toBe("f16");
  expect(plan.kv_value).toBe("int8");
  expect(plan.kv_group).toBeUndefined();
  expect(plan.overhead).toBe(0.5 * kGiB);
});

test("the full mode asks for each part, and an empty part is as the rest", () => {
  const plan = planOf({ ...settings, mode: "full" })!;
  expect(plan.weights_embedding).toBe("q6_K");
  expect(plan.weights_attention).toBeUndefined();
  expect(plan.kv_value).toBe("int4");
  expect(plan.kv_group).toBe(64);
});

test("a pasted configuration stands for the model, and nothing is asked before there is one", () => {
  expect(planOf({ ...settings, model: "pasted" })).toBeUndefined();
  const plan = planOf({ ...settings, model: "pasted", config: "{}" })!;
  expect(plan.model).toBeUndefined();
  expect(plan.config).toBe("{}");
});

test("an amount of memory stands for the device", () => {
  const plan = planOf({ ...settings, device: "other", fit: 12 })!;
  expect(plan.device).toBeUndefined();
  expect(plan.fit).toBe(12 * kGiB);
});
