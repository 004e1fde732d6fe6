// Which file and which tensor the chapter is about, and what the core says of them.
import { computed, effect, signal } from "@preact/signals";
import { type Answer, aboutCore, ask, cannot } from "../../core/ask";
import { once } from "../../core/once";
import type {
  CoreError,
  FileTensor,
  InspectResponse,
  QuantizeRequest,
  Request,
  ResponseTo,
} from "../../core/requests";
import { viewState } from "../../state/view-state";
import { bytes, whole } from "../../ui/format";
import { argumentOf, firstShown, layerOf, type Part, partOf, type Sliced, valuesIn, valuesOf } from "./part";

/** So much of a file is read at first; a longer header asks for more. */
const kFirstBytes = 1 << 16;
/** Values that are worked on while a control moves, values that all methods are compared on, and the most that fit. */
export const kLive = 1 << 19;
export const kCompared = 1 << 16;
export const kMost = 1 << 26;

export const view = viewState("own-data", {
  first: 0,
  method: "rtn",
  bits: 4,
  granularity: "group",
  group_size: 128,
});

/** The reader's file, once there is one. */
export const own = signal<Sliced | undefined>(undefined);
const example = signal<Sliced | undefined>(undefined);
export const file = computed(() => own.value ?? example.value);
const wanted = signal(kFirstBytes);
const name = signal<string | undefined>(undefined);

export function open(chosen: Sliced): void {
  wanted.value = kFirstBytes;
  name.value = undefined;
  view.set({ first: 0 });
  own.value = chosen;
}
export function choose(tensor: string): void {
  view.set({ first: 0 });
  name.value = tensor;
}

const kExample = { synthetic: "512x1024", synthetic_tokens: 0, seed: 2 } as const;

/** A file of a synthetic layer, which the core writes: something to look at until the reader brings one. */
export async function makeExample(): Promise<void> {
  if (example.value || cannot.value || typeof Worker === "undefined") return;
  const layer = await once({ op: "quantize", method: "f32", return: ["weights"], ...kExample });
  const weights = { ...layer.arrays.weights!, name: "example.weight" };
  const packed = await once({ op: "tensor-file", to: "safetensors" }, [weights]);
  example.value = new File([packed.arrays.file!.data as Uint8Array<ArrayBuffer>], "example.safetensors");
}

const asked = ask(
  () => file.value && { op: "inspect" as const, file: file.value.name, file_bytes: file.value.size },
  () => {
    const { value } = file;
    if (!value) return [];
    const count = Math.min(value.size, wanted.value);
    return [{ name: "start", shape: [count], data: value.slice(0, count) }];
  },
);
effect(() => {
  const more = asked.value.value?.needs;
  if (more) wanted.value = more;
});

/** A header that is still being read is no answer yet. */
export const directory: Answer<InspectResponse> = {
  ...asked,
  value: computed(() => (asked.value.value?.tensors ? asked.value.value : undefined)),
};

/** The tensors together with the file that they are in. */
const listed = signal<{ file: Sliced; tensors: readonly FileTensor[] } | undefined>(undefined);
effect(() => {
  const tensors = asked.value.value?.tensors;
  const from = file.peek();
  listed.value =
    tensors && from && !asked.stale.value && !asked.error.value ? { file: from, tensors } : undefined;
});

const chosen = computed(() => {
  const { value } = listed;
  const tensor = value?.tensors.find((one) => one.name === name.value) ?? firstShown(value?.tensors ?? []);
  return value && tensor ? { file: value.file, tensor } : undefined;
});
export const tensor = computed(() => chosen.value?.tensor);
const first = computed(() => view.value.first);

/** A tensor of which not even one row fits: the core is never sent it. */
const tooLarge = computed((): CoreError | undefined => {
  const { value } = tensor;
  if (!value || value.shape.length > 2 || valuesIn(value, partOf(value, 0, kLive)) <= kMost) return undefined;
  return {
    code: "too_large",
    message: `'${value.name}' cannot be read row by row, and its ${whole(valuesOf(value))} values (${bytes(value.bytes)}) are more than the ${whole(kMost)} that this page works on at a time; the command line has no such limit.`,
  };
});

interface Place {
  file: Sliced;
  tensor: FileTensor;
  rows: Part;
}
const placeOf = (values: number): Place | undefined =>
  chosen.value && !tooLarge.value
    ? { ...chosen.value, rows: partOf(chosen.value.tensor, first.value, values) }
    : undefined;
const places = {
  live: computed(() => placeOf(kLive)),
  compared: computed(() => placeOf(kCompared)),
  kept: computed(() => placeOf(kMost)),
};
export type Extent = keyof typeof places;
export const placeFor = (extent: Extent): Place | undefined => places[extent].value;

/** Asks about a part of the file: its bytes travel as a place in the file. */
function askOfPart<R extends Request>(extent: Extent, request: () => R): Answer<ResponseTo<R>> {
  const layer = computed(() => {
    const at = placeFor(extent);
    return at && layerOf(at.file, at.tensor, at.rows);
  });
  const answer = ask(
    () => layer.value && { ...request(), ...layer.value.source },
    () => (layer.value ? [layer.value.array] : []),
  );
  return { ...answer, error: computed(() => tooLarge.value ?? answer.error.value) };
}

/** The request with the part named as the command line names it. */
export function command(extent: Extent, request: object | undefined): object | undefined {
  const at = placeFor(extent);
  if (!at || !request) return undefined;
  const { op, weights_type: _, weights_by_columns: __, ...settings } = request as Record<string, unknown>;
  return { op, weights: argumentOf(at.file, at.tensor, at.rows), ...settings };
}

export const spread = askOfPart("live", () => ({ op: "statistics" as const, bins: 81 }));
export const comparison = askOfPart("compared", () => ({ op: "compare" as const }));

/** The settings that this method has, as the reader set them. */
export function quantizeRequest(): QuantizeRequest {
  const { method, bits, granularity, group_size } = view.value;
  const fields = aboutCore.value.value?.methods.find((one) => one.id === method)?.fields ?? [];
  const all = { bits, granularity, group_size };
  const known = Object.entries(all).filter(([key]) => fields.some((field) => field.key === key));
  return { op: "quantize", method, ...Object.fromEntries(known) };
}
export const quantized = askOfPart(
  "live",
  (): QuantizeRequest => ({ ...quantizeRequest(), return: ["row_mse"] }),
);

export type Download = "npy" | "safetensors";

/** Quantizes the tensor and gives the file to be kept: the restored values, or everything that a runtime would hold. */
export async function download(kind: Download): Promise<File> {
  const at = placeFor("kept");
  if (!at) throw new Error("there is no tensor to quantize");
  const { source, array } = layerOf(at.file, at.tensor, at.rows);
  const kept = kind === "npy" ? ["dequantized"] : ["dequantized", "codes", "scales", "zero_points"];
  // As the settings are now: the reader may change them while this is computed.
  const settings = quantizeRequest();
  const answer = await once({ ...settings, ...source, return: kept }, [array]);
  const packed = await once({ op: "tensor-file", to: kind }, Object.values(answer.arrays));
  const rows = at.rows.whole ? "" : `-${at.rows.first}-${at.rows.end}`;
  const plain = (at.tensor.name || at.file.name).replace(/[^\w.-]+/g, "_");
  return new File(
    [packed.arrays.file!.data as Uint8Array<ArrayBuffer>],
    `${plain}${rows}-${settings.method}.${kind}`,
  );
}
