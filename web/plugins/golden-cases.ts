// `golden:cases`, and `golden:count`, how many they are: the cases of tests/golden that the door can answer, as requests with
// what must come back. The translation and the tolerances are those of tests/golden/check.py.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";
import type {
  GoldenCase,
  GoldenCases,
  PackedArray,
  PackedExpectation,
} from "../src/chapters/checks/cases.ts";

interface Source {
  name: string;
  operation: string;
  // biome-ignore lint/suspicious/noExplicitAny: each operation has parameters of its own
  parameters: Record<string, any>;
  inputs: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: numbers, lists and names of files
  expected: Record<string, any>;
  source: string;
  nondeterministic_blocks?: number[];
  ub_blocks?: number[];
}

const kNpyTypes: Record<string, PackedArray["type"]> = {
  "<f4": "f32",
  "|i1": "i8",
  "|u1": "u8",
  "<i4": "i32",
};

/** An npy file of one of the four types of the door, whose arrays are in C order. */
function npy(path: string): PackedArray {
  const file = readFileSync(path);
  const start = 10 + file.readUInt16LE(8);
  const header = file.toString("latin1", 10, start);
  const type = kNpyTypes[header.match(/'descr': '([^']+)'/)?.[1] ?? ""];
  if (!type || header.includes("'fortran_order': True")) throw new Error(`${path}: ${header}`);
  const shape = (header.match(/'shape': \(([^)]*)\)/)?.[1] ?? "").split(",").filter((part) => part.trim());
  return { type, shape: shape.map(Number), base64: file.subarray(start).toString("base64") };
}

const floats = (array: PackedArray): Float32Array => {
  const bytes = Buffer.from(array.base64, "base64");
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
};

/** What one case becomes: everything but its name, source and inputs, which all have alike. */
type Translated = Pick<GoldenCase, "request" | "arrays" | "expects" | "after"> | undefined;

class Case {
  constructor(
    readonly json: Source,
    private readonly folder: string,
  ) {}
  get p() {
    return this.json.parameters;
  }
  has = (key: string) => key in this.json.expected;
  /** An expected value: a number, a list, or the file that is named. */
  want(key: string): number | number[] | PackedArray {
    const value = this.json.expected[key];
    return typeof value === "string" && value.endsWith(".npy") ? npy(join(this.folder, value)) : value;
  }
  near(array: string, key: string, relative: number, absolute = 0): PackedExpectation {
    return { what: key, array, want: this.want(key), relative, absolute };
  }
  number(field: string, key: string, relative: number, factor = 1): PackedExpectation {
    const want = (this.want(key) as number) * factor;
    return { what: field, field, want, relative, absolute: 0 };
  }
  codes(share: number): PackedExpectation {
    return { what: "codes", array: "codes", want: this.want("codes"), relative: 0, absolute: 0, share };
  }
  /** W as weights and X as activations. */
  layer(): Record<string, string> {
    return "X" in this.json.inputs ? { weights: "W", activations: "X" } : { weights: "W" };
  }
}

const groups = (p: Source["parameters"]) => {
  const granularity = p.granularity ?? (p.group_size > 0 ? "group" : "channel");
  return granularity === "group" ? { granularity, group_size: p.group_size } : { granularity };
};
const scheme = (p: Source["parameters"]) => (p.sym ? "symmetric" : "asymmetric");
const quantize = (method: string, settings: object, wanted: string) => ({
  op: "quantize",
  method,
  ...settings,
  ...(wanted ? { return: wanted } : {}),
});

function uniform(c: Case): Translated {
  const named = c.p.variant ?? (c.json.source.includes("llm-awq") ? "awq" : "gptq");
  const convention = named === "restricted_absmax" ? "plain" : named;
  const settings = {
    convention,
    bits: c.p.bits,
    scheme: scheme(c.p),
    ...groups(c.p),
    ...(c.p.mse ? { range: "mse" } : {}),
  };
  return {
    request: quantize("rtn", settings, "codes"),
    arrays: c.layer(),
    expects: [c.codes(0), ...(c.has("weight_mse") ? [c.number("weight_mse", "weight_mse", 1e-4)] : [])],
  };
}

function gptq(c: Case): Translated {
  const settings = {
    bits: c.p.bits,
    scheme: scheme(c.p),
    ...groups(c.p),
    damping: c.p.percdamp,
    block_size: c.p.blocksize,
    ...(c.p.actorder ? { activation_order: true } : {}),
    ...(c.p.static_groups ? { static_groups: true } : {}),
    ...(c.p.mse ? { range: "mse" } : {}),
  };
  const rows = (c.want("codes") as PackedArray).shape[0]!;
  return {
    request: quantize("gptq", settings, "codes"),
    arrays: c.layer(),
    expects: [
      c.codes(4e-3),
      c.number("output_mse", "gptq_output_sse_per_token", 5e-3, 1 / rows),
      c.number("output_mse_rtn", "rtn_output_sse_per_token", 2e-3, 1 / rows),
    ],
  };
}

function ggufBlock(c: Case): Translated {
  const size = c.p.block_bytes as number;
  const left = [...(c.json.nondeterministic_blocks ?? []), ...(c.json.ub_blocks ?? [])];
  const skip = left.map((block) => [block * size, (block + 1) * size] as const);
  return {
    request: { op: "encode", format: c.p.type } as { op: string },
    arrays: { input: "x" },
    expects: [
      {
        what: "bytes",
        array: "blocks",
        want: c.want("bytes"),
        relative: 0,
        absolute: 0,
        ...(skip.length > 0 ? { skip } : {}),
      },
    ],
  };
}

const ggufDecode = (c: Case): Translated => ({
  request: { op: "decode", format: c.p.type } as { op: string },
  arrays: { blocks: "bytes" },
  expects: [c.near("output", "dequantized", 0)],
});

function fourBits(c: Case): Translated {
  const double = c.p.double_quant === true;
  const settings = { block_size: c.p.blocksize, ...(double ? { double_quantization: true } : {}) };
  return {
    request: quantize(c.p.quant_type, settings, "dequantized"),
    arrays: c.layer(),
    expects: [
      c.near("dequantized", "dequantized", double ? 2e-2 : 2e-6, 1e-7),
      c.number("weight_mse", "weight_mse", 1e-3),
    ],
  };
}

const smooth = (c: Case): Translated => ({
  request: quantize(
    "smoothquant",
    {
      alpha: c.p.alpha,
      bits: c.p.w_bits,
      activation_bits: c.p.a_bits,
      granularity: "channel",
      activation_granularity: "token",
    },
    "column_scales",
  ),
  arrays: c.layer(),
  expects: [
    c.near("column_scales", "scales", 1e-4),
    c.number("output_mse", "output_mse_per_channel_per_token", 3e-2),
  ],
});

const awq = (c: Case): Translated => ({
  request: quantize("awq", { bits: c.p.bits, group_size: c.p.group_size, grid: c.p.n_grid }, ""),
  arrays: c.layer(),
  expects: [{ what: "losses", field: "details.losses", want: c.want("losses"), relative: 3e-3, absolute: 0 }],
});

function int8(c: Case): Translated {
  const exact = c.want("output_exact") as PackedArray;
  const most = floats(exact).reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return {
    request: quantize("llm-int8", { threshold: c.p.threshold }, "output,outlier_columns"),
    arrays: c.layer(),
    expects: [
      c.near("outlier_columns", "outlier_columns", 0),
      c.near("output", "output_exact", 0, 2e-4 * most),
    ],
  };
}

const quarot = (c: Case): Translated => ({
  request: quantize("quarot", { bits: c.p.w_bits, activation_bits: c.p.a_bits, granularity: "channel" }, ""),
  arrays: c.layer(),
  expects: [c.number("output_mse", "mse_w4a4_rot", 0.1)],
});

const kivi = (c: Case): Translated => ({
  request: { op: "kv", bits: c.p.bits, group_size: c.p.group_size, residual: c.p.residual_length } as {
    op: string;
  },
  arrays: { keys: "K", values: "V", queries: "q" },
  expects: c.has("k_mse") ? [c.number("key_mse", "k_mse", 2e-2)] : [],
});

function hadamard(c: Case): Translated {
  const most = floats(c.want("y") as PackedArray).reduce(
    (largest, value) => Math.max(largest, Math.abs(value)),
    1,
  );
  return {
    request: { op: "hadamard" },
    arrays: { input: "x" },
    expects: [c.near("output", "y", 0, 2e-5 * most)],
  };
}

const kFp8: Record<string, string> = { e4m3fn: "fp8_e4m3", e5m2: "fp8_e5m2" };

function fp8Encode(c: Case): Translated {
  const format = kFp8[c.p.format];
  if (!format) return undefined;
  return {
    request: { op: "encode", format } as { op: string },
    arrays: { input: "x" },
    expects: [{ what: "codes", array: "blocks", want: c.want("codes_saturate"), relative: 0, absolute: 0 }],
  };
}

const kMx: Record<string, string> = { fp4_e2m1: "mxfp4_ocp", fp8_e4m3: "mxfp8_e4m3", fp8_e5m2: "mxfp8_e5m2" };

function mx(c: Case): Translated {
  const format = kMx[c.p.elem];
  if (!format || c.p.rounding !== "even") return undefined;
  return {
    request: { op: "encode", format } as { op: string },
    arrays: { input: "x" },
    after: { request: { op: "decode", format } as { op: string }, array: "blocks", from: "blocks" },
    expects: [c.near("output", "dequantized", 0)],
  };
}

function zeroQuant(c: Case): Translated {
  const settings = {
    convention: "deepspeed",
    bits: c.p.bits,
    scheme: scheme(c.p),
    granularity: "group",
    group_size: c.p.group_elems,
  };
  return {
    request: quantize("rtn", settings, "dequantized"),
    arrays: c.layer(),
    expects: c.has("dequantized")
      ? [c.near("dequantized", "dequantized", 2e-6, 1e-7)]
      : [c.number("weight_mse", "weight_mse", 1e-4)],
  };
}

const kTranslations: Record<string, (c: Case) => Translated> = {
  uniform_quant: uniform,
  gptq,
  gguf_block: ggufBlock,
  gguf_dequant: ggufDecode,
  quant_4bit_codebook: fourBits,
  quant_4bit_double: fourBits,
  smoothquant: smooth,
  awq_search: awq,
  llm_int8: int8,
  quarot_w4a4: quarot,
  kivi,
  hadamard,
  fp_encode: fp8Encode,
  mx_quant: mx,
  zeroquant_weight: zeroQuant,
};

/** A group that is longer than a row of W crosses rows, which only the library can do. */
const crossesRows = (c: Case, folder: string): boolean =>
  c.json.operation === "zeroquant_weight" && c.p.group_elems > npy(join(folder, c.json.inputs.W!)).shape[1]!;

/** Bytes of input that one case may cost, shared inputs being shared. The others run in the project's tests alone. */
const kBytesACase = 17_000;

/** The cases that a page can carry: the cheap ones, and of each method at least the cheapest. */
export function goldenCases(root: string): GoldenCases {
  const all = everyCase(root);
  const uses = new Map<string, number>();
  for (const one of all.cases)
    for (const key of Object.values(one.arrays)) uses.set(key, (uses.get(key) ?? 0) + 1);
  const cost = (one: GoldenCase) =>
    Math.max(
      ...Object.values(one.arrays).map((key) => (all.arrays[key]!.base64.length * 0.75) / uses.get(key)!),
    );
  const kindOf = ({ request }: GoldenCase) => ("method" in request ? String(request.method) : request.op);
  const cheapest = new Map<string, number>();
  for (const one of all.cases)
    cheapest.set(kindOf(one), Math.min(cost(one), cheapest.get(kindOf(one)) ?? Number.POSITIVE_INFINITY));
  const cases = all.cases.filter((one) => cost(one) <= Math.max(kBytesACase, cheapest.get(kindOf(one))!));
  const kept = new Set(cases.flatMap((one) => Object.values(one.arrays)));
  return { cases, arrays: Object.fromEntries(Object.entries(all.arrays).filter(([key]) => kept.has(key))) };
}

function everyCase(root: string): GoldenCases {
  const all: GoldenCases = { arrays: {}, cases: [] };
  for (const name of readdirSync(root).sort()) {
    const folder = join(root, name);
    let json: Source;
    try {
      json = JSON.parse(readFileSync(join(folder, "case.json"), "utf8"));
    } catch {
      continue; // the folder of shared inputs
    }
    const c = new Case(json, folder);
    const translated = crossesRows(c, folder) ? undefined : kTranslations[json.operation]?.(c);
    if (!translated || translated.expects.length === 0) continue;
    const arrays = Object.fromEntries(
      Object.entries(translated.arrays).map(([as, input]) => {
        const file = json.inputs[input]!;
        const key = file.startsWith("../") ? file : `${name}/${file}`;
        all.arrays[key] ??= flat(as, npy(join(folder, file)));
        return [as, key];
      }),
    );
    all.cases.push({ name, source: json.source, ...translated, arrays });
  }
  return all;
}

/** Bytes and values of a format are one row, whatever shape the file gives them. */
const flat = (as: string, array: PackedArray): PackedArray =>
  as === "blocks" ? { ...array, shape: [array.shape.reduce((count, axis) => count * axis, 1)] } : array;

export function goldenPlugin(root: string): Plugin {
  return {
    name: "quantlens-golden-cases",
    resolveId: (id) => (id === "golden:cases" || id === "golden:count" ? `\0${id}` : undefined),
    load(id) {
      if (id === "\0golden:count") return `export default ${goldenCases(root).cases.length};`;
      if (id !== "\0golden:cases") return undefined;
      return `export default JSON.parse(${JSON.stringify(JSON.stringify(goldenCases(root)))});`;
    },
  };
}
