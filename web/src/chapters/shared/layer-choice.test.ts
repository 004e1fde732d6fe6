import { expect, test } from "vitest";
import sweep from "#data/sweep.json";
import { kPlanted, plantedBy } from "./layer-choice";

test("the playgrounds plant outliers as large as the rows of the sweep have", () => {
  const factors = sweep.rows.flatMap(({ settings }) =>
    "plant_outliers" in settings ? [settings.plant_outliers] : [],
  );
  expect(factors.length).toBeGreaterThan(0);
  expect(new Set(factors)).toEqual(new Set([kPlanted]));
  expect(plantedBy(true)).toBe(kPlanted);
  expect(plantedBy(false)).toBe(1);
});
