// What the planner's chapters share: the formats, models and devices that their controls offer. Sizes and names of models
// and devices come from the core.

import type { ReceiptRow } from "../../core/requests";
import { methodName } from "./settings-text";

const kBits = [
  ["f16", 16],
  ["q8_0", 8],
  ["int8", 8],
  ["fp8_e4m3", 8],
  ["q6_K", 6],
  ["q5_K", 5],
  ["q4_K", 4],
  ["int4", 4],
  ["nf4", 4],
  ["nvfp4", 4],
  ["mxfp4", 4],
  ["q3_K", 3],
  ["int3", 3],
  ["q2_K", 2],
  ["int2", 2],
] as const;

/**
 * Formats of weights, the widest first. Integers have a scale and a minimum for each group of 32, which makes one more bit
 * a weight.
 */
export const kWeightFormats = kBits.map(([id, bits]) => {
  const name = methodName(id);
  return [id, `${bits} bits (${name.startsWith("INT") ? `${name}, groups of 32` : name})`] as const;
});

export const kCacheFormats = [
  ["f16", "16 bits"],
  ["fp8_e4m3", "8 bits (FP8)"],
  ["int8", "8 bits (INT8)"],
  ["int4", "4 bits (INT4)"],
  ["int2", "2 bits (INT2)"],
] as const;

export const kModels = [
  ["reference", "the reference model"],
  ["llama-3.2-1b", "Llama 3.2 1B"],
  ["llama-2-7b", "Llama 2 7B"],
  ["falcon-7b", "Falcon 7B"],
  ["mistral-7b-v0.1", "Mistral 7B v0.1"],
  ["qwen2.5-7b", "Qwen2.5 7B"],
  ["llama-3.1-8b", "Llama 3.1 8B"],
  ["qwen3-8b", "Qwen3 8B"],
  ["gemma-2-9b", "Gemma 2 9B"],
  ["gpt-oss-20b", "gpt-oss 20B"],
  ["gemma-3-27b", "Gemma 3 27B"],
  ["qwen3-30b-a3b", "Qwen3 30B-A3B"],
  ["mixtral-8x7b", "Mixtral 8x7B"],
  ["llama-2-70b", "Llama 2 70B"],
  ["llama-3.1-70b", "Llama 3.1 70B"],
  ["gpt-oss-120b", "gpt-oss 120B"],
  ["gpt-3-175b", "GPT-3 175B"],
  ["llama-3.1-405b", "Llama 3.1 405B"],
  ["deepseek-v3", "DeepSeek-V3 671B"],
] as const;

/** Devices whose memory is known; of those that are sold with several sizes it is the largest. */
export const kDevices = [
  ["nvidia-t4", "NVIDIA T4"],
  ["nvidia-l4", "NVIDIA L4"],
  ["nvidia-rtx-3090", "NVIDIA RTX 3090"],
  ["nvidia-rtx-4090", "NVIDIA RTX 4090"],
  ["nvidia-rtx-5090", "NVIDIA RTX 5090"],
  ["nvidia-l40s", "NVIDIA L40S"],
  ["nvidia-a100-40gb-sxm", "NVIDIA A100 40GB"],
  ["nvidia-a100-80gb-sxm", "NVIDIA A100 80GB"],
  ["nvidia-h100-sxm", "NVIDIA H100"],
  ["nvidia-h200-sxm", "NVIDIA H200"],
  ["amd-mi300x", "AMD MI300X"],
  ["apple-m1", "Apple M1"],
  ["apple-m1-max", "Apple M1 Max"],
  ["apple-m1-ultra", "Apple M1 Ultra"],
  ["apple-m2", "Apple M2"],
  ["apple-m2-max", "Apple M2 Max"],
  ["apple-m2-ultra", "Apple M2 Ultra"],
  ["apple-m3", "Apple M3"],
  ["apple-m3-pro", "Apple M3 Pro"],
  ["apple-m3-max", "Apple M3 Max"],
  ["apple-m3-ultra", "Apple M3 Ultra"],
  ["apple-m4", "Apple M4"],
  ["apple-m4-pro", "Apple M4 Pro"],
  ["apple-m4-max", "Apple M4 Max"],
  ["amd-ryzen-ai-max-395", "AMD Ryzen AI Max 395"],
] as const;

/** Devices whose dense peak is known, so that the time of arithmetic can be told; how much memory they have is no matter. */
export const kDevicesWithPeak = [
  ...kDevices.filter(([id]) => /^nvidia|mi300x/.test(id)),
  ["nvidia-b200-hgx-1000-w", "NVIDIA B200"] as const,
];

export const nameIn = (list: readonly (readonly [string, string])[], id: string): string =>
  list.find(([known]) => known === id)?.[1] ?? id;

/** A number of a derivation, by its name there. */
export const inReceipt = (rows: readonly ReceiptRow[], symbol: string): number | undefined =>
  rows.find((row) => row.symbol === symbol)?.value;

/** Derivations one after another; what a later one takes from an earlier is not given twice. */
export function oneAfterAnother(...receipts: readonly (readonly ReceiptRow[])[]): ReceiptRow[] {
  const rows: ReceiptRow[] = [];
  for (const row of receipts.flat())
    if (!rows.some((earlier) => earlier.symbol === row.symbol)) rows.push(row);
  return rows;
}
