// The reference model and the texts that go with it: loaded once, when a figure first needs them.
import { files } from "core:model-files";
import { effect, signal } from "@preact/signals";
import type { HeldModel } from "./client";
import { heldApart, textsOf } from "./companions";
import type { CoreError, NamedArray } from "./requests";

export type ModelStatus =
  | { state: "asleep" | "missing" | "ready" }
  | { state: "loading"; share: number }
  | { state: "failed"; message: string };

type Name = keyof NonNullable<typeof files>;
export type ModelFiles = Readonly<Record<Name, Uint8Array>>;

/** Where the model stands; "missing" where the page was built without it. */
export const modelStatus = signal<ModelStatus>({ state: files ? "asleep" : "missing" });
/** The bytes of the model and its texts once all are here. */
export const modelFiles = signal<ModelFiles | undefined>(undefined);

const kNone = "This copy of the page was built without the reference model.";
/** Why what needs the model cannot be pressed; the same for every reader of this copy, so not said at build time. */
export const withoutModel = (): string | undefined =>
  !import.meta.env.SSR && modelStatus.value.state === "missing" ? kNone : undefined;

/** Why the model is not here and does not come; undefined while it may. */
export function whyAbsent(status: ModelStatus): string | undefined {
  if (status.state === "missing") return kNone;
  if (status.state === "failed")
    return `The model could not be loaded: ${status.message}. Loading the page again may help.`;
  return undefined;
}

const kDecodedAtOnce = 1 << 18;
const pause = () => new Promise((go) => setTimeout(go, 0));

async function* fetched(address: string): AsyncGenerator<Uint8Array> {
  const response = await fetch(new URL(address, document.baseURI));
  if (!response.ok || !response.body) throw new Error(`${response.status} ${response.statusText}`);
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}

/** An element's bytes, a piece at a time, so that the page stays at hand meanwhile. */
async function* unpacked(element: string): AsyncGenerator<Uint8Array> {
  const text = document.getElementById(element)?.textContent ?? "";
  const packed = new Uint8Array((text.length / 4) * 3 - (text.match(/=*$/)?.[0].length ?? 0));
  for (let from = 0; from < text.length; from += kDecodedAtOnce) {
    const piece = atob(text.slice(from, from + kDecodedAtOnce));
    const at = (from / 4) * 3;
    for (let i = 0; i < piece.length; i += 1) packed[at + i] = piece.charCodeAt(i);
    await pause();
  }
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const reader = stream.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}

async function load(known: NonNullable<typeof files>): Promise<void> {
  const names = Object.keys(known) as Name[];
  const whole = names.reduce((sum, name) => sum + known[name].bytes, 0);
  let come = 0;
  const loaded = {} as Record<Name, Uint8Array>;
  for (const name of names) {
    const { bytes, address, element } = known[name];
    const all = new Uint8Array(bytes);
    let at = 0;
    for await (const part of address ? fetched(address) : unpacked(element ?? "")) {
      if (at + part.length > bytes) throw new Error(`${name} is longer than ${bytes} bytes`);
      all.set(part, at);
      at += part.length;
      come += part.length;
      modelStatus.value = { state: "loading", share: come / whole };
    }
    if (at !== bytes) throw new Error(`${name} has ${at} bytes, not ${bytes}`);
    loaded[name] = all;
  }
  modelFiles.value = loaded;
  modelStatus.value = { state: "ready" };
}

/** Begins to load the model, unless it is here, under way or missing. */
export function wakeModel(): void {
  const { state } = modelStatus.peek();
  if (!files || (state !== "asleep" && state !== "failed")) return;
  modelStatus.value = { state: "loading", share: 0 };
  load(files).catch((error: unknown) => {
    modelStatus.value = { state: "failed", message: error instanceof Error ? error.message : String(error) };
  });
}

/** The model, once it is here. Fails with a CoreError where it does not come. */
export function modelHere(): Promise<ModelFiles> {
  wakeModel();
  return new Promise((here, refused) => {
    effect(function (this: { dispose(): void }) {
      const absent = whyAbsent(modelStatus.value);
      const files = modelFiles.value;
      if (files) here(files);
      else if (absent) refused({ code: "missing", message: absent } satisfies CoreError);
      if (files || absent) this.dispose();
    });
  });
}

export const bytesArray = (name: string, data: Uint8Array): NamedArray => ({
  name,
  shape: [data.length],
  data,
});

/** The reference model as the worker takes it. */
export const referenceModel = (all: ModelFiles): HeldModel => ({
  key: "reference",
  arrays: [bytesArray("model", all.model), bytesArray("config", all.config)],
});

/** The texts that travel with a request, but for those that it brings itself. */
export function textArrays(request: object, all: ModelFiles, own: readonly { name: string }[]): NamedArray[] {
  const arrays: NamedArray[] = [];
  const add = (name: string, data: Uint8Array) => {
    if (!own.some((array) => array.name === name)) arrays.push(bytesArray(name, data));
  };
  for (const [name, text] of Object.entries(textsOf(request))) {
    if ((request as { op?: string }).op === "train" && name === "text") {
      const { text: learned, heldOut } = heldApart(all[text]);
      add("text", learned);
      add("held_out", heldOut);
    } else add(name, all[text]);
  }
  return arrays;
}
