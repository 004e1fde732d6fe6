// Every colour of the page reaches the contrast that it needs against the paper, in both themes.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const css = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");
const colours = new Map(
  [...css.matchAll(/--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map((match) => [
    match[1]!,
    { light: match[2]!, dark: match[3]! },
  ]),
);

/** Relative luminance. Source: WCAG 2.2, "relative luminance". */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const kText = ["ink", "ink-soft", "original", "quantized", "error", "scale", "outlier", "good"];
const kGrounds = ["paper", "wash", "float"];
const kGraphics = ["edge"];

test("the colours are those of the design", () => {
  expect(colours.get("paper")).toEqual({ light: "#fbfaf6", dark: "#15171a" });
  expect(colours.get("quantized")).toEqual({ light: "#1f66ad", dark: "#6cb2f2" });
  expect(colours.get("error")).toEqual({ light: "#c2410c", dark: "#fb923c" });
});

describe.each(["light", "dark"] as const)("in the %s theme", (theme) => {
  test.each(kText)("%s can be read on every ground", (name) => {
    for (const ground of kGrounds)
      expect(contrast(colours.get(name)![theme], colours.get(ground)![theme])).toBeGreaterThanOrEqual(4.5);
  });
  test.each(kGraphics)("%s can be seen on every ground", (name) => {
    for (const ground of kGrounds)
      expect(contrast(colours.get(name)![theme], colours.get(ground)![theme])).toBeGreaterThanOrEqual(3);
  });
});
