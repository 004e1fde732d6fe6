// A native benchmark's report (`quantbench --report FILE.json`), and which of its rows is the same work as one measured here.
import type { Measured } from "../../core/requests";

export interface Limits {
  threads: number;
  memory_gb_per_s: number;
  cache_gb_per_s: number;
  float_gop_per_s: number;
  int8_gop_per_s: number;
}
export interface Report {
  version: string;
  date: string;
  processor: string;
  instruction_set: string;
  limits: Limits[];
  rows: Measured[];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
const isRow = (value: unknown): value is Measured =>
  isRecord(value) &&
  typeof value.kernel === "string" &&
  typeof value.shape === "string" &&
  typeof value.threads === "number" &&
  typeof value.gb_per_s === "number" &&
  typeof value.gop_per_s === "number";

/** Fails with what is wrong with the text. */
export function reportOf(text: string): Report {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`this is no JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (!isRecord(json) || !Array.isArray(json.rows) || !Array.isArray(json.limits))
    throw new Error("this is no report of quantbench --report: it has no lists 'limits' and 'rows'");
  if (!json.rows.every(isRow))
    throw new Error("a row of this report lacks kernel, shape, threads, gb_per_s or gop_per_s");
  return json as unknown as Report;
}

/** The report's row of the same work, on one thread as here. */
export function sameWork(report: Report | undefined, row: Measured): Measured | undefined {
  const limits = report?.limits.find((one) => one.threads === 1);
  const limit: Record<string, Partial<Measured> | undefined> =
    (limits && {
      memory: { gb_per_s: limits.memory_gb_per_s },
      cache: { gb_per_s: limits.cache_gb_per_s },
      float: { gop_per_s: limits.float_gop_per_s },
      int8: { gop_per_s: limits.int8_gop_per_s },
    }) ||
    {};
  if (limit[row.kernel]) return { ...row, gb_per_s: 0, gop_per_s: 0, ...limit[row.kernel] };
  return report?.rows.find(
    (one) =>
      one.threads === 1 && one.kernel === row.kernel && one.shape === row.shape && one.data === row.data,
  );
}

/** The rate that counts: bytes where memory or a cache bounds it, operations elsewhere. */
export const byBytes = (row: Measured): boolean => row.bound === "memory" || row.bound === "cache";
