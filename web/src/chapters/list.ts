// The chapters in reading order. A chapter is a folder: text.tsx (written into the page when it is built), demo.tsx (loaded
// when the reader comes near), and their tests. To add one: make the folder, add its line here.

export interface ChapterEntry {
  /** The folder's name, the section's id and the address: #granularity. */
  id: string;
  /** A few words for the contents. */
  short: string;
}
export interface Part {
  name: string;
  chapters: readonly ChapterEntry[];
}

export const kParts: readonly Part[] = [
  {
    name: "Why",
    chapters: [
      { id: "challenge", short: "Does it fit?" },
      { id: "transformer", short: "What a model is made of" },
      { id: "cache-growth", short: "The cache grows" },
      { id: "definitions", short: "Four kinds of numbers" },
      { id: "linear-layer", short: "One layer by hand" },
    ],
  },
  {
    name: "The arithmetic",
    chapters: [
      { id: "number-formats", short: "What a format can write" },
      { id: "zero-point", short: "Scale and zero-point" },
      { id: "symmetry", short: "Symmetric or not" },
      { id: "granularity", short: "Who shares a scale" },
      { id: "formula", short: "The formula" },
      { id: "rounding", short: "Try your own numbers" },
    ],
  },
  {
    name: "A whole layer",
    chapters: [{ id: "layer-lab", short: "Layer lab" }],
  },
  {
    name: "The methods",
    chapters: [
      { id: "what-is-quantized", short: "What is quantized" },
      { id: "taxonomy", short: "All methods as a tree" },
      { id: "method-cards", short: "Eight methods" },
    ],
  },
  {
    name: "The methods, one by one",
    chapters: [
      { id: "gptq", short: "GPTQ" },
      { id: "awq", short: "AWQ" },
      { id: "smoothquant", short: "SmoothQuant" },
      { id: "llm-int8", short: "LLM.int8()" },
      { id: "zeroquant", short: "ZeroQuant" },
      { id: "quarot", short: "QuaRot" },
      { id: "codebooks", short: "Codebooks and outliers" },
      { id: "format-comparison", short: "All on one layer" },
      { id: "qat", short: "QAT and small updates" },
      { id: "qlora", short: "QLoRA and LoRA-Q" },
      { id: "kv-lab", short: "The cache, live" },
      { id: "stack", short: "Stacks and leaderboard" },
    ],
  },
  {
    name: "Planning",
    chapters: [
      { id: "memory", short: "Memory" },
      { id: "kv-cache", short: "KV cache size" },
      { id: "speed", short: "Speed" },
      { id: "trade-offs", short: "Memory, speed, quality" },
    ],
  },
  {
    name: "On your side",
    chapters: [
      { id: "own-data", short: "Your own weights" },
      { id: "this-device", short: "This device" },
      { id: "checks", short: "Checks" },
    ],
  },
  {
    name: "To read on",
    chapters: [
      { id: "myths", short: "Eight myths" },
      { id: "papers", short: "Papers" },
    ],
  },
  {
    name: "Words",
    chapters: [{ id: "glossary", short: "Glossary" }],
  },
];
