import { expect, test } from "vitest";
import { significant } from "../ui/format";
import { textWidth, wrapped } from "./text";
import { logTicks, plainly, roomy } from "./ticks";

test("a name breaks only where it has no room", () => {
  const name = "Weights and activations in 8 bits";
  expect(wrapped(name, 10_000)).toEqual([name]);
  const lines = wrapped(name, 150);
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.join(" ")).toBe(name);
  for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(150);
});

test("a word that is wider than the room stays whole", () => {
  expect(wrapped("model.layers.0.mlp.down_proj.weight", 20)).toEqual(["model.layers.0.mlp.down_proj.weight"]);
});

/** A scale from 0 to 80 over `pixels`, with a tick at every multiple of `80 / count`. */
const scaleOver = (pixels: number) =>
  Object.assign((value: number) => (value / 80) * pixels, {
    ticks: (count = 4) => Array.from({ length: count + 1 }, (_, i) => (80 * i) / count),
    range: () => [0, pixels],
  });

test("ticks keep apart, however narrow the axis", () => {
  for (const pixels of [900, 300, 120, 60]) {
    const scale = scaleOver(pixels);
    const ticks = roomy(scale, 8, String);
    expect(ticks.length).toBeGreaterThan(0);
    for (let i = 1; i < ticks.length; i += 1) {
      const apart = scale(ticks[i]!) - scale(ticks[i - 1]!);
      expect(apart).toBeGreaterThan((textWidth(String(ticks[i])) + textWidth(String(ticks[i - 1]))) / 2);
    }
  }
});

test("ticks keep apart where the last number is moved inwards, off the edge of the picture", () => {
  const scale = scaleOver(300);
  const moved = (_: string, at: number) => (at === 300 ? -40 : 0);
  const places = (ticks: number[]) => ticks.map((tick) => scale(tick) + moved(String(tick), scale(tick)));
  expect(roomy(scale, 8, String)).toHaveLength(9);
  const ticks = roomy(scale, 8, String, moved);
  expect(ticks.at(-1)).toBe(80);
  const [before, last] = places(ticks).slice(-2);
  expect(last! - before!).toBeGreaterThan(textWidth("80"));
});

test("ticks that would read alike get the digits that tell them apart", () => {
  const two = (value: number) => value.toFixed(2);
  expect([4.946, 4.948, 4.95].map(plainly([4.946, 4.948, 4.95], two))).toEqual(["4.946", "4.948", "4.950"]);
  expect([4.9, 5, 5.1].map(plainly([4.9, 5, 5.1], two))).toEqual(["4.90", "5.00", "5.10"]);
});

test("the ticks of one axis have one notation", () => {
  const write = (ticks: number[]) => ticks.map(plainly(ticks, (value) => significant(value, 3)));
  const ten = (power: string) => `10\u2060${power}`;
  expect(write([1e-6, 1e-5, 1e-4])).toEqual([ten("\u207b\u2076"), ten("\u207b\u2075"), ten("\u207b\u2074")]);
  expect(write([0, 5e-6, 1e-5])).toEqual(
    ["0", "0.5", "1"].map((n) => (n === "0" ? n : `${n}\u00d7${ten("\u207b\u2075")}`)),
  );
  expect(write([0, 0.1, 0.2])).toEqual(["0", "0.1", "0.2"]);
});

test("a logarithmic axis has round ticks, however little or much it spans", () => {
  expect(logTicks(2e-5, 3).map((tick) => significant(tick))).toEqual(["0.0001", "0.001", "0.01", "0.1", "1"]);
  expect(logTicks(0.06, 0.32).map((tick) => significant(tick))).toEqual([
    "0.06",
    "0.08",
    "0.1",
    "0.15",
    "0.2",
    "0.3",
  ]);
  for (const [low, high] of [
    [2.83, 2.84],
    [1e-11, 1e-3],
    [3, 3e4],
  ] as const) {
    const ticks = logTicks(low, high);
    expect(ticks.length).toBeGreaterThan(1);
    expect(ticks.length).toBeLessThan(11);
    for (const tick of ticks) expect(tick >= low && tick <= high).toBe(true);
  }
});
