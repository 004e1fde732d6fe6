// The matrices of the reference model's layers, by what they are for.

export interface TensorKind {
  /** The name inside a layer: self_attn.q_proj. */
  part: string;
  /** What it is called in the text. */
  name: string;
}

export const kAttention: readonly TensorKind[] = [
  { part: "self_attn.q_proj", name: "queries (Q)" },
  { part: "self_attn.k_proj", name: "keys (K)" },
  { part: "self_attn.v_proj", name: "values (V)" },
  { part: "self_attn.o_proj", name: "output (O)" },
];
export const kFeedForward: readonly TensorKind[] = [
  { part: "mlp.gate_proj", name: "gate" },
  { part: "mlp.up_proj", name: "up" },
  { part: "mlp.down_proj", name: "down" },
];
export const kMatrices: readonly TensorKind[] = [...kAttention, ...kFeedForward];

/** The tensor's name in the model's file. */
export const tensorIn = (layer: number, part: string): string => `model.layers.${layer}.${part}.weight`;
