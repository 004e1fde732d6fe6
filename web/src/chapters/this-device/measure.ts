// Measures one kernel after the other in the worker; a reader may stop between two.
import { signal } from "@preact/signals";
import type { Answer } from "../../core/ask";
import { once } from "../../core/once";
import type { MeasureRequest, MeasureResponse } from "../../core/requests";
import { type Report, reportOf } from "./report";

export interface Run {
  state: "idle" | "running" | "stopped" | "done";
  rows: MeasureResponse[];
  report?: Report;
  message?: string;
}

/** The machine's limits first, then one token's product with weights in each format, then 32 tokens' with three of them. */
const kLimits = ["memory", "cache", "float", "int8"];
const kOneToken = ["f32", "q8_0", "q6_K", "q4_K", "q4_0", "int8_rows", "int8_groups", "int4_groups"];
const kManyTokens = ["f32", "q4_0", "int8_rows"];
const requestOf = (kernel: string, more: Partial<MeasureRequest> = {}): MeasureRequest => ({
  op: "measure",
  kernel,
  ...more,
});
export const kAsked: readonly MeasureRequest[] = [
  ...kLimits.map((kernel) => requestOf(kernel)),
  ...kOneToken.map((kernel) => requestOf(kernel)),
  ...kManyTokens.map((kernel) => requestOf(kernel, { tokens: 32 })),
];

const run = signal<Run>({ state: "idle", rows: [] });
const progress = signal<number | undefined>(undefined);
const stale = signal(false);

export const measured: Answer<Run> = {
  value: run,
  error: signal(undefined),
  stale,
  progress,
  request: signal(kAsked[5]),
};

/** The products with one token, which the picture has a row for before they are measured. */
export const kProducts: readonly MeasureRequest[] = kAsked.filter(
  ({ kernel, tokens }) => kOneToken.includes(kernel) && tokens === undefined,
);

/** Another run that has begun since makes an older one end. */
let runs = 0;

export async function start(): Promise<void> {
  runs += 1;
  const mine = runs;
  const { report } = run.peek();
  const kept = report ? { report } : {};
  run.value = { state: "running", rows: [], ...kept };
  for (const request of kAsked) {
    try {
      const row = await once(request);
      if (mine !== runs || run.peek().state !== "running") return;
      run.value = { ...run.peek(), rows: [...run.peek().rows, row] };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      run.value = { ...run.peek(), state: "stopped", message };
      return;
    }
  }
  run.value = { ...run.peek(), state: "done" };
}

export const stop = (): void => {
  if (run.peek().state === "running") run.value = { ...run.peek(), state: "stopped" };
};

/** A report's file is small; it is read as it is. */
export async function compareWith(file: Blob): Promise<void> {
  const { message: _, report: __, ...rest } = run.peek();
  try {
    run.value = { ...rest, report: reportOf(await file.text()) };
  } catch (error) {
    run.value = { ...rest, message: error instanceof Error ? error.message : String(error) };
  }
}
