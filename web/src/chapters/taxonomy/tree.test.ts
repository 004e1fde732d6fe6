import { expect, test } from "vitest";
import { kParts } from "../list";
import { cardIds } from "../method-cards/cards";
import { kTree, leavesOf, placeOf } from "./tree";

const known = new Set([...kParts.flatMap((part) => part.chapters.map((c) => c.id)), ...cardIds]);

test("every leaf of the old page's tree is there", () => {
  const names = leavesOf(kTree).map((leaf) => leaf.name);
  for (const name of ["GPTQ", "AWQ", "SmoothQuant", "ZeroQuant", "QLoRA", "LoRA-Q"])
    expect(names).toContain(name);
});

test("a leaf leads to the first of its places that the page has", () => {
  expect(placeOf({ name: "", what: "", at: ["nowhere", "rounding"] }, known)).toBe("rounding");
  expect(placeOf({ name: "", what: "", at: ["nowhere"] }, known)).toBeUndefined();
});

test("every leaf opens a chapter where it can be tried, not only a card", () => {
  for (const leaf of leavesOf(kTree)) {
    const place = placeOf(leaf, known);
    expect(place, leaf.name).toBeDefined();
    expect(cardIds, leaf.name).not.toContain(place);
  }
});

test("every method of the tree has a place on the page", () => {
  for (const name of [
    "GPTQ",
    "AWQ",
    "SmoothQuant",
    "LLM.int8()",
    "ZeroQuant",
    "QuaRot",
    "QLoRA",
    "KV cache",
  ]) {
    const leaf = leavesOf(kTree).find((one) => one.name === name)!;
    expect(placeOf(leaf, known), name).toBeDefined();
  }
});
