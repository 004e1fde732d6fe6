// Runs the golden cases one after the other. A reader may stop between two.

import count from "golden:count";
import { signal } from "@preact/signals";
import type { Answer } from "../../core/ask";
import { once } from "../../core/once";
import type { Arrays, Request } from "../../core/requests";
import { arraysOf, expectationOf, type GoldenCase, type GoldenCases } from "./cases";
import { compare, fieldOf, type Outcome } from "./compare";

export interface CaseResult {
  name: string;
  source: string;
  passed: boolean;
  outcomes: Outcome[];
  /** What the core refused, where it did. */
  message?: string;
}
export interface Run {
  state: "idle" | "running" | "stopped" | "done" | "failed";
  total: number;
  results: CaseResult[];
  message?: string;
}

const run = signal<Run>({ state: "idle", total: count, results: [] });
/** Another run that has begun since makes an older one end. */
let runs = 0;
const stale = signal(false);
const progress = signal<number | undefined>(undefined);

export const checks: Answer<Run> = {
  value: run,
  error: signal(undefined),
  stale,
  progress,
  request: signal(undefined),
};

type Asked = (request: object, arrays: Parameters<typeof once>[1]) => Promise<{ arrays: Arrays }>;

/** One case: what the core answers against what the reference wrote. */
export async function check(one: GoldenCase, all: GoldenCases["arrays"], asked: Asked): Promise<CaseResult> {
  const { name, source, after } = one;
  try {
    let answer = await asked(one.request, arraysOf(one, all));
    if (after) answer = await asked(after.request, [{ ...answer.arrays[after.from]!, name: after.array }]);
    const outcomes = one.expects.map((packed) => {
      const expected = expectationOf(packed);
      const have = expected.field
        ? fieldOf(answer, expected.field)
        : answer.arrays[expected.array ?? ""]?.data;
      return compare(have, expected);
    });
    return { name, source, passed: outcomes.every((outcome) => outcome.passed), outcomes };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { name, source, passed: false, outcomes: [], message };
  }
}

export const stop = (): void => {
  if (run.peek().state === "running") run.value = { ...run.peek(), state: "stopped" };
};

export async function start(): Promise<void> {
  runs += 1;
  const mine = runs;
  run.value = { state: "running", total: count, results: [] };
  let loaded: GoldenCases;
  try {
    loaded = (await import("golden:cases")).default;
  } catch (error) {
    if (mine !== runs) return;
    run.value = { ...run.peek(), state: "failed", message: `the cases could not be loaded: ${error}` };
    return;
  }
  const results: CaseResult[] = [];
  for (const one of loaded.cases) {
    results.push(await check(one, loaded.arrays, (request, arrays) => once(request as Request, arrays)));
    if (mine !== runs) return;
    if (run.peek().state !== "running") break;
    run.value = { state: "running", total: loaded.cases.length, results: [...results] };
  }
  run.value = { ...run.peek(), state: run.peek().state === "running" ? "done" : "stopped", results };
}
