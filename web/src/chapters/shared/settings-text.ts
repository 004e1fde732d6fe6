// What a request asks for, in the words that the chapters use.
import type { Compared } from "../../core/requests";

/** Names that a format's or a method's id does not give away. */
const kNames: Record<string, string> = {
  none: "Nothing rounded",
  rtn: "Rounding to nearest",
  smoothquant: "SmoothQuant",
  zeroquant: "ZeroQuant",
  "llm-int8": "LLM.int8()",
  quarot: "QuaRot",
  codebook: "Codebook",
  sparse: "Outliers kept in FP16",
  f32: "FP32",
  f16: "FP16",
  nf4_dq: "NF4, scales rounded too",
  mxfp4_ocp: "MXFP4",
  nvfp4_two_level: "NVFP4",
  // Without an ending these two are the GGUF types of that name.
  mxfp4: "GGUF MXFP4",
  nvfp4: "GGUF NVFP4",
};
const kGguf = /^(?:iq|tq|q)\d/;
const kUnsaid = new Set(["op", "seed", "windows", "step_limit"]);

/** "GPTQ", "GGUF Q4_K", "FP8 E4M3". */
export function methodName(id: string): string {
  const capitals = id.toUpperCase();
  return kNames[id] ?? (kGguf.test(id) ? `GGUF ${capitals}` : capitals.replaceAll("_", " "));
}

/** The name of a line of the core's table: the core's own title unless the chapters have another. */
export const titleOf = (id: string, title: string): string => kNames[id] ?? title;
/** A line with the bits that a method was given: "GPTQ, 4 bits", "NF4". */
export function nameOf({ method, title, bits }: Compared): string {
  const name = titleOf(method, title);
  return bits === null ? name : `${name}, ${bits} bits`;
}

type Settings = Readonly<Record<string, unknown>>;

/** The cache, unless it stays as it is. */
function cacheWords({ kv_key = "f32", kv_value = "f32" }: Settings): string | undefined {
  const words = (what: string, id: unknown) =>
    id === "f32" ? undefined : `${what} in ${methodName(String(id))}`;
  if (kv_key === kv_value) return words("KV cache", kv_key);
  return [words("keys", kv_key), words("values", kv_value)].filter((one) => one !== undefined).join(", ");
}

const kScales: Record<string, string> = { tensor: "one scale a matrix", channel: "one scale a row" };

/** How a setting is said; undefined where there is nothing to say. */
const kSaid: Record<string, (value: unknown, all: Settings) => string | undefined> = {
  method: () => undefined,
  kv_key: () => undefined,
  kv_value: () => undefined,
  bits: (value) => `${value} bits`,
  activation_bits: (value) => (Number(value) < 16 ? `activations in ${value}` : undefined),
  granularity: (value, all) =>
    kScales[String(value)] ?? (all.group_size === undefined ? "one scale a group" : undefined),
  group_size: (value, all) => (kScales[String(all.granularity)] ? undefined : `groups of ${value}`),
  activation_order: (value) => (value ? "act-order" : undefined),
  clip: (value) => (value ? "clipped" : undefined),
  double_quantization: (value) => (value ? "scales rounded too" : undefined),
  rotate: (value) => (value ? "rotated" : undefined),
  smooth: (value) => `smoothed, alpha ${value}`,
  scheme: (value) => String(value),
  activation_granularity: (value) => (value === "token" ? "one scale a token" : "one scale for all inputs"),
  outliers: (value) => `${value}\u00a0% of the weights`,
  kv_group: (value) => `groups of ${value}`,
  kv_residual: (value) => `newest ${value} tokens kept`,
  kv_key_granularity: (value) => `keys’ scales along a ${value}`,
  kv_rotate: (value) => (value ? "keys and values rotated" : undefined),
  base: (value) => (value === "rtn" ? "to nearest" : `by ${methodName(String(value))}`),
  plant_outliers: (value) => (value ? `outliers planted ${value} times as large` : undefined),
};

const spelled = (key: string, value: unknown): string | undefined => {
  const words = key.replaceAll("_", " ");
  return value === true ? words : value === false ? `no ${words}` : `${words} ${value}`;
};

/** "GPTQ, 4 bits, groups of 128": activations in 16 bits go without saying. */
export function settingsText(settings: object): string {
  const all = settings as Settings;
  const cache = cacheWords(all);
  const method = String(all.method ?? "none");
  const details = Object.entries(all)
    .filter(([key]) => !kUnsaid.has(key))
    .map(([key, value]) => (kSaid[key] ? kSaid[key](value, all) : spelled(key, value)));
  const weights = method === "none" && cache ? undefined : methodName(method);
  return [weights ?? cache, ...details, weights ? cache : undefined]
    .filter((words) => words !== undefined)
    .join(", ");
}
