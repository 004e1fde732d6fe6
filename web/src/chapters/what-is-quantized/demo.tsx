import { Bars } from "../../charts/bars";
import { askEach } from "../../core/ask";
import { viewState } from "../../state/view-state";
import { Figure } from "../../ui/figure";
import { bytes, decimals, significant, whole } from "../../ui/format";
import { BatchSlider, ContextSlider, ModelSelect } from "../shared/controls";

export { WhatItCosts } from "./measured";

const kGiB = 1024 ** 3;
/**
 * What is stored in how many bits. Activations take no memory worth counting, so W8A8 is stored as W8: 8 bits and nothing
 * beside them, for one scale a row, as below it is measured, is too little to count.
 */
const kWays = [
  { name: "Nothing, 16 bits", weights: "f16", cache: "f16" },
  { name: "Weights in 4 bits (W4A16)", weights: "int4", cache: "f16" },
  { name: "Weights and activations in 8 bits (W8A8)", weights: "fp8_e4m3", cache: "f16" },
  { name: "KV cache in 4 bits", weights: "f16", cache: "int4" },
  { name: "Weights and cache in 4 bits", weights: "int4", cache: "int4" },
] as const;

const view = viewState("what-is-quantized", { model: "llama-3.1-8b", context: 32768, batch: 4 });
const requestOf = (way: (typeof kWays)[number]) => ({
  op: "memory" as const,
  model: view.value.model,
  weights: way.weights,
  kv_key: way.cache,
  kv_value: way.cache,
  context: view.value.context,
  batch: view.value.batch,
});
const result = askEach(() => kWays.map(requestOf));

export function WhatItSaves() {
  const { context, batch } = view.value;
  return (
    <Figure
      title="What each of them does to memory"
      lead="In 4 bits each 32 numbers share a scale and a minimum of 16 bits each, which makes 5 bits a number. In 8 bits a whole row shares one scale, too little to count."
      result={result}
      view={view}
      command={() => requestOf(kWays[4])}
      receipt={(r) => r.items[4]!.receipts.total}
      controls={
        <>
          <ModelSelect view={view} />
          <ContextSlider view={view} minimum={1024} />
          <BatchSlider view={view} maximum={64} />
        </>
      }
      sentence={(r) => (
        <>
          {r.items[0]!.model} with {whole(batch)} {batch === 1 ? "text" : "texts"} of {whole(context)} tokens
          takes <b class="is-original">{bytes(r.items[0]!.total)}</b> in 16 bits: weights{" "}
          {bytes(r.items[0]!.weights.total)}, cache {bytes(r.items[0]!.kv_cache.total)}. With weights in 4
          bits it is {bytes(r.items[1]!.total)}, with the cache as well{" "}
          <b class="is-quantized">{bytes(r.items[4]!.total)}</b>.
        </>
      )}
      table={(r) => ({
        caption: "Bytes of weights and cache",
        columns: ["stored in fewer bits", "weights (GiB)", "cache (GiB)", "together (GiB)"],
        rows: r.items.map((item, i) => [
          kWays[i]!.name,
          decimals(item.weights.total / kGiB, 3),
          decimals(item.kv_cache.total / kGiB, 3),
          decimals(item.total / kGiB, 3),
        ]),
      })}
    >
      {(r) => (
        <Bars
          label="Weights and cache, by what is stored in fewer bits."
          unit="GiB"
          format={(value) => significant(value, 3)}
          legend={[
            { kind: "quantized", name: "weights", mark: "bar" },
            { kind: "scale", name: "KV cache", mark: "open-bar" },
          ]}
          rows={r.items.map((item, i) => ({
            name: kWays[i]!.name,
            bars: [
              {
                kind: "quantized" as const,
                value: item.weights.total / kGiB,
                text: bytes(item.weights.total),
              },
              {
                kind: "scale" as const,
                value: item.kv_cache.total / kGiB,
                text: bytes(item.kv_cache.total),
                open: true,
              },
            ],
          }))}
        />
      )}
    </Figure>
  );
}
