// Each row of the table above it, on the reference model.
import { evaluateEach } from "../../core/evaluate";
import { decimals } from "../../ui/format";
import { Measured, requestOf, type Way } from "../shared/measured";

const kGroups = { scheme: "asymmetric", granularity: "group", group_size: 64 } as const;
const kRows = { scheme: "symmetric", granularity: "channel" } as const;
const kWays: readonly Way[] = [
  { name: "Nothing, 16 bits", plan: { method: "none" } },
  { name: "Weights in 4 bits (W4A16)", plan: { method: "rtn", bits: 4, ...kGroups } },
  {
    name: "Weights and activations in 8 bits (W8A8)",
    plan: { method: "rtn", bits: 8, ...kRows, activation_bits: 8 },
  },
  {
    name: "Weights and activations in 4 bits (W4A4)",
    plan: { method: "rtn", bits: 4, ...kGroups, activation_bits: 4 },
  },
  { name: "KV cache in 4 bits", plan: { method: "none", kv_key: "int4", kv_value: "int4" } },
  { name: "KV cache in 2 bits", plan: { method: "none", kv_key: "int2", kv_value: "int2" } },
  { name: "Base of a finetuning in NF4", plan: { method: "nf4" } },
];
const result = evaluateEach(() => kWays.map(requestOf));

export const WhatItCosts = () => (
  <Measured
    title="What each of them costs, measured on the reference model"
    lead="The same kinds of rounding, each alone, on the small model of this page, which reads 2,048 bytes that it has never seen. The sizes are those of the weights; the table has the intervals."
    ways={kWays}
    result={result}
    sentence={(items) => {
      const [, w4, w8a8, w4a4] = items;
      return w4 && w8a8 && w4a4 ? (
        <>
          Weights in 4 bits cost <b class="is-error">{decimals(w4.bits_per_byte_increase, 4)}</b> bits a byte,
          weights and activations in 8 bits {decimals(w8a8.bits_per_byte_increase, 4)}. With both in 4 bits it
          is <b class="is-error">{decimals(w4a4.bits_per_byte_increase, 4)}</b>.
        </>
      ) : (
        "The rows come one after the other."
      );
    }}
  />
);
