// A question that follows the reader's settings: `ask(() => request)` asks again whenever a signal that the request reads
// changes, and keeps the last answer until the next one is there.

import { moduleBytes } from "core:files";
import { createWorker } from "core:worker";
import { batch, computed, effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import { CoreClient, type HeldModel, type Listener } from "./client";
import { needsModel } from "./companions";
import { modelFiles, referenceModel, textArrays, wakeModel } from "./model";
import type { CoreError, Request, ResponseTo, SentArray } from "./requests";

export interface Answer<R> {
  /** The newest answer; undefined until the first. */
  readonly value: ReadonlySignal<R | undefined>;
  readonly error: ReadonlySignal<CoreError | undefined>;
  /** Whether `value` is older than the reader's settings. */
  readonly stale: ReadonlySignal<boolean>;
  readonly progress: ReadonlySignal<number | undefined>;
  /** What was asked, for "copy as command". */
  readonly request: ReadonlySignal<Request | undefined>;
}

const inBrowser = typeof Worker !== "undefined" && !import.meta.env.SSR;

export const core = new CoreClient({ createWorker, moduleBytes });

const kReasons: Partial<Record<typeof core.status.value.state, string>> = {
  unsupported: "This needs WebAssembly SIMD, which this browser does not have.",
  failed: "The core could not be started, so this stays empty.",
};
/** Why nothing can be computed here; undefined while it can, or while that is not known yet. */
export const cannot = computed(() => kReasons[core.status.value.state]);
/** For good: after a failure the next question starts the core once more. */
const never = computed(() => core.status.value.state === "unsupported");

let channels = 0;

/**
 * What goes to the worker beside a request: its own arrays, and for a request to the language model the model and its
 * texts. Undefined while the model is not here; reading it in an effect asks again once it is. Undefined as well where the
 * core cannot run: there nothing is asked.
 */
export function beside(
  request: object,
  own: SentArray[],
): { arrays: SentArray[]; model?: HeldModel } | undefined {
  if (never.value) return undefined;
  if (!needsModel(request)) return { arrays: own };
  wakeModel();
  const files = modelFiles.value;
  return files && { arrays: [...own, ...textArrays(request, files, own)], model: referenceModel(files) };
}

/** Asks the core. A request of undefined asks nothing (an input is not a number yet, say). */
export function ask<R extends Request>(
  makeRequest: () => R | undefined,
  makeArrays: () => SentArray[] = () => [],
): Answer<ResponseTo<R>> {
  const value = signal<ResponseTo<R> | undefined>(undefined);
  const error = signal<CoreError | undefined>(undefined);
  const stale = signal(true);
  const progress = signal<number | undefined>(undefined);
  const request = signal<Request | undefined>(undefined);
  channels += 1;
  const channel = String(channels);
  if (!inBrowser) {
    request.value = makeRequest();
    return { value, error, stale, progress, request };
  }
  let newest = 0;
  let last = "";
  effect(() => {
    const asked = makeRequest();
    const arrays = makeArrays();
    const load = asked && beside(asked, arrays);
    // A setting that this request does not hold has changed: the answer stands.
    const key = arrays.length === 0 && load ? JSON.stringify(asked) : "";
    if (key && key === last) return;
    last = key;
    newest += 1;
    const turn = newest;
    request.value = asked;
    progress.value = undefined; // of what is no longer waited for
    if (!asked || !load) return;
    stale.value = true;
    const settle = (change: () => void) => {
      if (turn !== newest) return;
      batch(() => {
        change();
        stale.value = false;
        progress.value = undefined;
      });
    };
    // Asking reads and changes the client's own state, which must not make this ask again.
    const listener: Listener = {
      answered: (json, namedArrays) =>
        settle(() => {
          value.value = { ...(json as object), arrays: namedArrays } as ResponseTo<R>;
          error.value = undefined;
        }),
      refused: (refusal) =>
        settle(() => {
          error.value = refusal;
        }),
      progressed: (share) => {
        if (turn === newest) progress.value = share;
      },
    };
    untracked(() => core.ask(channel, asked, load.arrays, listener, load.model));
  });
  return { value, error, stale, progress, request };
}

/** Many questions of one kind at a time: the answers in their order, once all are there. */
export function askEach<R extends Request>(
  makeRequests: () => readonly R[],
): Answer<{ items: ResponseTo<R>[] }> {
  const value = signal<{ items: ResponseTo<R>[] } | undefined>(undefined);
  const error = signal<CoreError | undefined>(undefined);
  const stale = signal(true);
  const progress = signal<number | undefined>(undefined);
  const request = signal<Request | undefined>(undefined);
  channels += 1;
  const channel = `each ${channels}`;
  let newest = 0;
  let last = "";
  const start = () => {
    const asked = makeRequests();
    const loads = inBrowser ? asked.map((one) => beside(one, [])) : [];
    const here = loads.every((load) => load !== undefined);
    const key = JSON.stringify([here, asked]);
    if (key === last) return;
    last = key;
    newest += 1;
    const turn = newest;
    request.value = asked[0];
    if (!inBrowser || !here || asked.length === 0) return;
    stale.value = true;
    const items: ResponseTo<R>[] = [];
    let missing = asked.length;
    const settle = (change: () => void) => {
      if (turn !== newest) return;
      change();
      missing -= 1;
      progress.value = 1 - missing / asked.length;
      if (missing > 0) return;
      batch(() => {
        if (items.filter(Boolean).length === asked.length) {
          value.value = { items };
          error.value = undefined;
        }
        stale.value = false;
        progress.value = undefined;
      });
    };
    untracked(() => {
      asked.forEach((one, i) => {
        const listener: Listener = {
          answered: (json, arrays) =>
            settle(() => {
              items[i] = { ...(json as object), arrays } as ResponseTo<R>;
            }),
          refused: (refusal) =>
            settle(() => {
              error.value = refusal;
            }),
          progressed: () => {},
        };
        core.ask(`${channel}.${i}`, one, loads[i]!.arrays, listener, loads[i]!.model);
      });
    });
  };
  if (inBrowser) effect(start);
  else start();
  return { value, error, stale, progress, request };
}

/** Which core answers: its version and what its kernels run on. */
export const aboutCore = ask(() => ({ op: "schema" as const }));
