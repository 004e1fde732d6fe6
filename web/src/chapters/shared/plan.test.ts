import { expect, test } from "vitest";
import devices from "#data/devices.json";
import models from "#data/models.json";
import { kDevices, kDevicesWithPeak, kModels } from "./plan";

test("every model of the data is offered, under its own name", () => {
  const known = new Map(models.models.map((model) => [model.id, model.name]));
  expect(kModels.map(([id]) => id).sort()).toEqual([...known.keys()].sort());
});

test("every device on offer has one size of memory, and a peak where one is promised", () => {
  const known = new Map(devices.devices.map((device) => [device.id, device]));
  for (const [id] of kDevices) expect(known.get(id)?.memory_bytes, id).toBeGreaterThan(0);
  for (const [id] of kDevicesWithPeak) expect(known.get(id)?.fp16_dense_tflops, id).toBeGreaterThan(0);
});
