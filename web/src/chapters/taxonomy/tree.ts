// The ways to quantize a model, as a tree. A leaf names the chapters where it can be tried, the best first; the tree links
// to the first that exists.
import type { Terms } from "../../page/term";

export interface Branch {
  name: string;
  what: string;
  /** Words of `what` that the glossary explains. */
  terms?: Terms;
  /** Ids of chapters, or of cards. */
  at?: readonly string[];
  branches?: readonly Branch[];
}

export const kTree: Branch = {
  name: "Quantization",
  what: "storing numbers in fewer bits",
  branches: [
    {
      name: "After training (PTQ)",
      what: "the finished model is rounded; minutes to hours, no training data or a little",
      branches: [
        {
          name: "Rounding to nearest",
          what: "each number to the nearest mark of its ruler",
          at: ["rounding", "layer-lab"],
        },
        {
          name: "HQQ",
          what: "the zero-point of each group moves until most weights come back well",
          at: ["format-comparison", "card-formats"],
        },
        {
          name: "Weights, helped by sample inputs",
          what: "what matters to the outputs is rounded with more care",
          branches: [
            {
              name: "GPTQ",
              what: "each error is made up for by the weights still to come",
              at: ["gptq", "card-gptq"],
            },
            {
              name: "AWQ",
              what: "columns that meet large inputs are scaled up first",
              at: ["awq", "card-awq"],
            },
          ],
        },
        {
          name: "Weights and activations",
          what: "multiplying itself runs in fewer bits",
          branches: [
            {
              name: "SmoothQuant",
              what: "the range moves from activations into weights",
              at: ["smoothquant", "card-smoothquant"],
            },
            {
              name: "LLM.int8()",
              what: "outlier columns are multiplied in 16 bits",
              at: ["llm-int8", "card-llm-int8"],
            },
            {
              name: "ZeroQuant",
              what: "a scale for each group of weights and for each token",
              at: ["zeroquant", "card-zeroquant"],
            },
            {
              name: "QuaRot",
              what: "a rotation spreads outliers over all channels",
              at: ["quarot", "card-quarot"],
            },
          ],
        },
        {
          name: "Uneven marks (non\u2011uniform)",
          what: "the marks of the ruler are chosen, or a few weights leave it",
          branches: [
            {
              name: "NF4, FP4",
              what: "at most sixteen fixed values",
              at: ["format-comparison", "number-formats"],
            },
            { name: "Codebooks", what: "values that k\u2011means finds", at: ["codebooks", "card-formats"] },
            {
              name: "Dense and sparse",
              what: "a few weights apart in 16 bits, the rest in few",
              at: ["sparse", "codebooks", "card-formats"],
            },
          ],
        },
        {
          name: "FP8, MXFP4, NVFP4, GGUF",
          what: "ready-made formats: fixed marks, and mostly a scale for each short run",
          at: ["format-comparison", "card-formats"],
        },
        {
          name: "KV cache",
          what: "keys and values of earlier tokens",
          at: ["kv-lab", "kv-cache", "card-kv"],
        },
      ],
    },
    {
      name: "While training (QAT)",
      what: "the model learns with rounding in the loop; keeps most at few bits, and takes the most work",
      branches: [
        {
          name: "Straight-through",
          what: "all weights learn; gradients pass the rounding",
          terms: { gradients: "gradient" },
          at: ["qat", "training"],
        },
      ],
    },
    {
      name: "In between",
      what: "hybrid: rounded after training, then a little is learned",
      branches: [
        {
          name: "Small updates",
          what: "scales and norms learn, the codes stay as they are",
          at: ["small-update", "qat", "training"],
        },
      ],
    },
    {
      name: "For finetuning",
      what: "a frozen model in few bits, small adapters in 16",
      branches: [
        {
          name: "QLoRA",
          what: "adapters on a base in NF4",
          terms: { adapters: "lora" },
          at: ["qlora", "card-qlora"],
        },
        {
          name: "LoRA-Q",
          what: "adapters on a base in integers, merged and rounded again",
          at: ["lora-q", "qlora", "card-qlora"],
        },
      ],
    },
  ],
};

/** The leaves below a branch. */
export const leavesOf = (branch: Branch): readonly Branch[] =>
  branch.branches ? branch.branches.flatMap(leavesOf) : [branch];

/** Where a leaf leads on this page: the first of its places that is there. */
export const placeOf = (branch: Branch, known: ReadonlySet<string>): string | undefined =>
  branch.at?.find((id) => known.has(id));
