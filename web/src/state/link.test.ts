import { describe, expect, test } from "vitest";
import { chapterOf, readLink, writeLink } from "./link";

const defaults = { bits: 4, scheme: "symmetric", wrong: false, values: [0.5, -1] as readonly number[] };

describe("a link", () => {
  test("holds only what differs from the defaults", () => {
    expect(writeLink("rounding", defaults, defaults)).toBe("#rounding");
    expect(writeLink("rounding", { ...defaults, bits: 3 }, defaults)).toBe("#rounding?bits=3");
  });

  test("gives back what was written", () => {
    const settings = { bits: 2, scheme: "a&b=c %", wrong: true, values: [1e-7, -3, 0] as readonly number[] };
    const link = writeLink("rounding", settings, defaults);
    expect(readLink(link, "rounding", defaults)).toEqual(settings);
  });

  test("of another chapter changes nothing", () => {
    expect(readLink("#granularity?bits=2", "rounding", defaults)).toEqual({});
    expect(chapterOf("#granularity?bits=2")).toBe("granularity");
  });

  test("with nonsense keeps the defaults", () => {
    const nonsense = "#rounding?bits=x&wrong=perhaps&values=1,two&unknown=3&bits2=4&toString=1";
    expect(readLink(nonsense, "rounding", defaults)).toEqual({});
    expect(readLink("#rounding?bits=&values=", "rounding", defaults)).toEqual({});
    expect(readLink("#rounding?bits=Infinity&values=NaN", "rounding", defaults)).toEqual({});
  });
});
