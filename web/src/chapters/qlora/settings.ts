import { viewState } from "../../state/view-state";

/** The settings of the whole chapter: its figures have the rank in common. */
export const view = viewState("qlora", {
  rank: 16,
  alpha: 32,
  double_quantization: false,
  steps: 60,
  bits: "2",
  integer_steps: 60,
  model: "llama-2-7b",
  weights: "nf4_dq",
  adapted: "all",
  optimizer_bytes: "8",
  context: 512,
  batch: 1,
  checkpointing: false,
});

export const kRanks = [4, 8, 16, 32, 64] as const;
