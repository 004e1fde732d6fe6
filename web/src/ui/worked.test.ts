import { expect, test } from "vitest";
import { worked } from "./worked";

const given = (symbol: string, value: number) => ({
  symbol,
  value,
  unit: "",
  expression: "",
  source: "given",
});

test("a derivation shows the numbers where its symbols are", () => {
  const steps = worked([
    given("layers", 32),
    given("heads", 8),
    given("left", 4096),
    { symbol: "cache", value: 1048576, unit: "bytes", expression: "layers * heads * (left - 0)", source: "" },
  ]);
  expect(steps).toEqual([
    {
      symbol: "cache",
      expression: "layers × heads × (left − 0)",
      numbers: "32 × 8 × (4,096 − 0)",
      value: "1,048,576",
      unit: "bytes",
    },
  ]);
});

test("functions keep their names, and a symbol that is part of another is left alone", () => {
  const [step] = worked([
    given("context", 100),
    given("context_left", 7),
    { symbol: "kept", value: 7, unit: "tokens", expression: "min(context, context_left)", source: "" },
  ]);
  expect(step?.numbers).toBe("min(100, 7)");
});
