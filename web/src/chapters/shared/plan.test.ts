import { expect, test } from "vitest";
import devices from "#data/devices.json";
import models from "#data/models.json";
import { kDevices, kDevicesWithPeak, kModels, kWeightFormats } from "./plan";

test("every model of the data is offered, under its own name", () => {
  const known = new Map(models.models.map((model) => [model.id, model.name]));
  expect(kModels.map(([id]) => id).sort()).toEqual([...known.keys()].sort());
});

test("every device of the data whose memory or peak is known is offered where it is needed, and no other", () => {
  const withKnown = (key: "memory_bytes" | "fp16_dense_tflops") =>
    devices.devices.filter((device) => device[key] !== null).map((device) => device.id);
  expect(kDevices.map(([id]) => id).sort()).toEqual(withKnown("memory_bytes").sort());
  expect(kDevicesWithPeak.map(([id]) => id).sort()).toEqual(withKnown("fp16_dense_tflops").sort());
});

test("the planner's formats have the names that they have in the other chapters", () => {
  const names = new Map<string, string>(kWeightFormats);
  expect(names.get("mxfp4")).toBe("4 bits (GGUF MXFP4)");
  expect(names.get("nvfp4")).toBe("4 bits (GGUF NVFP4)");
  expect(names.get("q8_0")).toBe("8 bits (GGUF Q8_0)");
  expect(names.get("int4")).toBe("4 bits (INT4, groups of 32)");
});
