import { expect, test } from "vitest";
import papers from "#data/papers.json";
import { published } from "./published";

test("every published table says where it stands, and every number in it is one", () => {
  for (const table of published) {
    expect(table.table.length, table.id).toBeGreaterThan(4);
    expect(table.setting.length, table.id).toBeGreaterThan(10);
    expect(Boolean(table.arxiv || table.paper.includes("README")), table.id).toBe(true);
    for (const row of table.rows)
      for (const column of table.columns)
        expect(Number.isFinite(row[column.key]), `${table.id}: ${row.name}, ${column.key}`).toBe(true);
  }
});

test("the sizes of llama.cpp's table are its bits a weight times the model's parameters", () => {
  const table = published.find((t) => t.id === "llama-cpp-quantize")!;
  for (const row of table.rows) {
    const gib = ((row.bits as number) * 8030261248) / 8 / 2 ** 30;
    expect(Math.abs(gib - (row.size as number)), row.name).toBeLessThan(0.012);
  }
});

test("tables that a paper names are there", () => {
  const known = new Set(published.map((table) => table.id));
  for (const paper of papers.papers)
    for (const id of (paper as { tables?: string[] }).tables ?? []) expect(known.has(id), id).toBe(true);
});
