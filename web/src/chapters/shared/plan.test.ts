import { expect, test } from "vitest";
import devices from "#data/devices.json";
import models from "#data/models.json";
import { kDevices, kDevicesWithPeak, kModels } from "./plan";

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
