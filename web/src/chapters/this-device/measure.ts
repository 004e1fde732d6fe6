// What this chapter measures, and the report beside it.
import { computed, signal } from "@preact/signals";
import type { Answer } from "../../core/ask";
import type { MeasureRequest } from "../../core/requests";
import { type Measuring, measuring, type Run } from "../shared/measuring";
import { type Report, reportOf } from "./report";

/** The machine's limits first, then one token's product with weights in each format, then 32 tokens' with three of them. */
const kLimits = ["memory", "cache", "float", "int8"];
const kOneToken = ["f32", "q8_0", "q6_K", "q4_K", "q4_0", "int8_rows", "int8_groups", "int4_groups"];
const kManyTokens = ["f32", "q4_0", "int8_rows"];
const requestOf = (kernel: string, more: Partial<MeasureRequest> = {}): MeasureRequest => ({
  op: "measure",
  kernel,
  ...more,
});
/** The products with one token, which the picture has a row for before they are measured. */
export const kProducts = kOneToken.map((kernel) => requestOf(kernel));

const kernels = measuring(
  [
    ...kLimits.map((kernel) => requestOf(kernel)),
    ...kProducts,
    ...kManyTokens.map((kernel) => requestOf(kernel, { tokens: 32 })),
  ],
  requestOf("q8_0"),
);

export interface Compared extends Run {
  report?: Report;
}
const beside = signal<{ report?: Report; wrong?: string }>({});
/** What is wrong with the file that was to be compared with. */
export const wrongReport = computed(() => beside.value.wrong);

export const compared: Answer<Compared> = {
  ...kernels.measured,
  value: computed(() => {
    const { report } = beside.value;
    return { ...kernels.run.value, ...(report ? { report } : {}) };
  }),
};

export const device: Measuring = {
  ...kernels,
  start: () => {
    const { report } = beside.peek();
    beside.value = report ? { report } : {}; // what was wrong with a file is no news of this run
    kernels.start();
  },
};

/** A report's file is small; it is read as it is. */
export async function compareWith(file: Blob): Promise<void> {
  try {
    beside.value = { report: reportOf(await file.text()) };
  } catch (error) {
    beside.value = { wrong: error instanceof Error ? error.message : String(error) };
  }
}
