import type { PlanRequest } from "../../core/requests";

export interface MemorySettings {
  mode: string;
  model: string;
  config: string;
  weights: string;
  weights_embedding: string;
  weights_attention: string;
  weights_feed_forward: string;
  weights_norms: string;
  kv_key: string;
  kv_value: string;
  kv_group: number;
  kv_residual: number;
  context: number;
  batch: number;
  overhead: number;
  device: string;
  fit: number;
}

/** The model of its own that the reader has pasted, and the device that is only an amount of memory. */
export const kPasted = "pasted";
export const kOther = "other";
export const kGiB = 1024 ** 3;

/** What the reader has set, as the planner is asked; undefined while there is no model yet. In simple mode the settings
    of the parts stand aside. */
export function planOf(view: MemorySettings): (PlanRequest & { fit?: number | undefined }) | undefined {
  const pasted = view.model === kPasted;
  if (pasted && view.config.trim() === "") return undefined;
  const full = view.mode === "full";
  const part = (format: string) => (full && format !== "" ? format : undefined);
  const other = view.device === kOther;
  return {
    model: pasted ? undefined : view.model,
    config: pasted ? view.config : undefined,
    weights: view.weights,
    weights_embedding: part(view.weights_embedding),
    weights_attention: part(view.weights_attention),
    weights_feed_forward: part(view.weights_feed_forward),
    // A few thousand numbers a layer; nobody rounds them.
    weights_norms: full ? part(view.weights_norms) : "f16",
    kv_key: view.kv_key,
    kv_value: full ? view.kv_value : view.kv_key,
    kv_group: full ? view.kv_group : undefined,
    kv_residual: full ? view.kv_residual : undefined,
    context: view.context,
    batch: view.batch,
    overhead: view.overhead * kGiB,
    device: other ? undefined : view.device,
    fit: other ? view.fit * kGiB : undefined,
  };
}
