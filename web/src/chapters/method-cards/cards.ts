// Eight methods and a family of formats, each in four answers. Numbers are asked of the core, or stand in published.json
// or sweep.json.
import type { Terms } from "../../page/term";
import type { SweepSettings } from "../shared/sweep";

export interface Card {
  /** The element's id, so that the tree and the text can link here. */
  id: string;
  name: string;
  what: string;
  targets: string;
  helps: string;
  costs: string;
  /** Words of the four that the glossary explains and that no chapter before has linked. */
  terms?: Partial<Record<"what" | "targets" | "helps" | "costs", Terms>>;
  /** Ids of chapters where it can be tried, the best first. */
  at: readonly string[];
  paper: string;
  /** A second paper, where the card is about two things. */
  also?: string;
  /** Methods of the sweep that the card is about; "kv": its rows that round the cache alone. */
  measured: readonly string[];
  /** The row of the sweep that the card itself shows: the first with these settings, the model as it was trained. */
  shown: SweepSettings;
  /** What a value takes, where it is no weight that is rounded. */
  size?: string;
  /** A published table, with the rows of this card. */
  table?: string;
}

export const kCards: readonly Card[] = [
  {
    id: "card-gptq",
    name: "GPTQ",
    what: "Rounds a layer’s columns one after another. What a column loses is made up for by the columns still to come, weighed by how the inputs go together.",
    targets: "Weights, mostly 3 and 4 bits.",
    helps:
      "It is the layer’s outputs that are kept close, not each weight. Neighbouring inputs that rise and fall together can take over for each other.",
    costs:
      "Needs sample text (128 pieces of 2,048 tokens in the paper) and, while it works, a square matrix as wide as the layer’s input. Columns in another order can slow programs down.",
    at: ["gptq"],
    paper: "gptq",
    measured: ["gptq"],
    shown: { method: "gptq", bits: 4, group_size: 128 },
    table: "gptq-3",
  },
  {
    id: "card-awq",
    name: "AWQ",
    what: "Finds the input channels with large values, multiplies their weights before rounding and divides the activations by as much. All weights are rounded; none are kept.",
    targets: "Weights, 3 and 4 bits.",
    helps:
      "Made twice as large before rounding and halved afterwards, a weight has half the error, as long as the ruler stays the same. The channels that matter get that half.",
    costs:
      "The exponent is searched on sample text. Scaling too much makes the ruler of the group longer for everyone.",
    at: ["awq"],
    paper: "awq",
    measured: ["awq"],
    shown: { method: "awq", bits: 4, group_size: 128 },
    table: "awq-4",
  },
  {
    id: "card-smoothquant",
    name: "SmoothQuant",
    what: "Divides each activation channel by a factor and multiplies the weights by it. No result changes; the channels with outliers become calmer.",
    targets: "Weights and activations, 8 bits.",
    helps:
      "Activations with outliers cannot be rounded well, weights easily. Half of the difficulty is moved over.",
    costs:
      "The split has to be chosen for each family of models. For weights and activations in 4 bits it is not enough: Llama 2 7B has a perplexity of 83 instead of 5.5 (QuaRot, Table 1).",
    at: ["smoothquant"],
    paper: "smoothquant",
    measured: ["smoothquant"],
    shown: { method: "smoothquant", bits: 8, activation_bits: 8, granularity: "channel" },
    table: "smoothquant-3",
  },
  {
    id: "card-zeroquant",
    name: "ZeroQuant",
    what: "A scale for each group of weights in a row and one for each token of the activations, worked out while the model runs. If wanted, one layer at a time is trained to imitate the original.",
    targets: "Weights of 4 or 8 bits, activations of 8.",
    helps: "The fewer numbers share a scale, the less one of them can spoil.",
    costs:
      "More scales to store and to multiply with. It does nothing about outlier channels, so it fails on a large model, OPT-175B (SmoothQuant, Table 3).",
    at: ["zeroquant"],
    paper: "zeroquant",
    measured: ["zeroquant"],
    shown: { method: "zeroquant", bits: 8, activation_bits: 8, group_size: 128 },
    table: "smoothquant-3",
  },
  {
    id: "card-llm-int8",
    name: "LLM.int8()",
    what: "Columns of the activations with a value of magnitude 6 or more, and the columns of the weights that they meet, are multiplied in 16 bits; everything else in 8.",
    targets: "Weights stored in 8 bits, activations in 8 and for a few columns 16.",
    helps:
      "The outliers sit in a few fixed columns. Apart from these, 8 bits with a scale for each row and each token are enough.",
    costs:
      "Two products and a search for outliers in every layer: slower than 16 bits for all but very large layers.",
    at: ["llm-int8"],
    paper: "llm-int8",
    measured: ["llm-int8"],
    shown: { method: "llm-int8" },
    table: "llm-int8-5",
  },
  {
    id: "card-quarot",
    name: "QuaRot",
    what: "Turns the space in which the model computes with a Hadamard matrix. No result changes; outliers are spread over all channels.",
    targets: "Weights, activations and cache, 4 bits.",
    helps: "After the rotation no channel is much larger than another, so one scale a token is enough.",
    costs: "A few rotations remain to be done while the model runs. They are fast but not free.",
    terms: { what: { "Hadamard matrix": "hadamard-transform" } },
    at: ["quarot"],
    paper: "quarot",
    measured: ["quarot"],
    shown: { method: "quarot", bits: 4, activation_bits: 4, base: "gptq" },
    table: "quarot-1",
  },
  {
    id: "card-qlora",
    name: "QLoRA and NF4",
    what: "The frozen base is stored in NF4, sixteen values that follow a bell curve, with scales that are rounded as well. Adapters in 16 bits are trained beside it.",
    targets: "The base of a finetuning, 4 bits.",
    helps:
      "Gradients and the optimizer’s numbers, which take more memory than the weights when all of them learn, are kept for the small adapters only.",
    costs:
      "Every product unpacks the base. The merged model is in 16 bits again until it is rounded once more.",
    terms: { helps: { Gradients: "gradient", optimizer: "optimizer" } },
    at: ["qlora", "number-formats"],
    paper: "qlora",
    measured: ["nf4"],
    shown: { method: "nf4", double_quantization: true },
    table: "qlora-2",
  },
  {
    id: "card-kv",
    name: "KV cache",
    what: "Keys are rounded with a scale for each channel, values with one for each token. The newest tokens stay in 16 bits.",
    targets: "The cache, 2 to 8 bits.",
    helps:
      "Keys have channels with large values on every token, values have not; each gets the scale that suits it.",
    costs: "Rounding and unpacking in every step. At 2 bits the direction of the scales decides.",
    at: ["kv-lab", "kv-cache"],
    paper: "kivi",
    measured: ["kv"],
    shown: { kv_key: "int4", kv_value: "int4" },
    size: "5 bits as int4, 3 as int2: each 32 values bring a scale and a minimum of 16 bits each. FP8 is measured with a scale for each 32, 8.5 bits; the calculators count it without one.",
    table: "kivi-3",
  },
  {
    id: "card-formats",
    name: "HQQ, and formats: FP8, MXFP4, NVFP4, GGUF",
    what: "HQQ rounds to nearest, but first moves each group’s zero-point to where most weights come back well; it needs no sample text. The others are ways to write numbers, more than methods: 8-bit floats; 4-bit floats with a scale for 32 or 16; blocks of 256 whose scales are rounded too; tables of values.",
    targets: "Weights; FP8 and the 4-bit floats activations as well.",
    helps:
      "HQQ needs no inputs of the layer, so there is nothing to gather. Some of the formats are known to processors, and products run in them without unpacking.",
    costs: "Each has its own bits for scales: 4 bits are 4.25 to 5.",
    at: ["format-comparison", "formats", "number-formats"],
    paper: "mx",
    also: "hqq",
    measured: ["hqq", "fp8_e4m3", "mxfp4_ocp", "nvfp4_two_level", "q4_K", "q6_K", "iq4_nl"],
    shown: { method: "hqq", bits: 4, group_size: 128 },
  },
];

export const cardIds: readonly string[] = kCards.map((card) => card.id);
