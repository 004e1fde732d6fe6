import { Bars } from "../../charts/bars";
import { ask } from "../../core/ask";
import { viewState } from "../../state/view-state";
import { Choice } from "../../ui/choice";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { bytes, decimals, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";

const kGiB = 1024 ** 3;
const kFormats = [
  ["int8", "8 bits (int8)"],
  ["int4", "4 bits (int4)"],
  ["fp8_e4m3", "8 bits (FP8)"],
] as const;
const kContexts = [1024, 2048, 4096, 8192, 16384, 32768];

const view = viewState("kv-cache", { format: "int8", context: 4096, layers: 32 });
const result = ask(() => ({
  op: "cache-sketch" as const,
  layers: view.value.layers,
  context: view.value.context,
  kv_key: view.value.format,
  kv_value: view.value.format,
}));

export function CacheCalculator() {
  const layers = view.field("layers");
  const name = kFormats.find(([id]) => id === view.value.format)?.[1] ?? view.value.format;
  return (
    <Figure
      title="The cache of one text, beside the weights"
      result={result}
      view={view}
      receipt={(r) => r.receipts.kv_cache}
      controls={
        <>
          <Choice field={view.field("format")} name="Store keys and values as" options={kFormats} />
          <Slider
            field={view.field("context")}
            name="Context"
            minimum={1024}
            maximum={32768}
            stops={kContexts}
            unit="tokens"
          />
          <Slider field={layers} name="Layers" minimum={12} maximum={96} step={4} unit="layers" />
        </>
      }
      sentence={(r) => (
        <>
          {whole(view.value.context)} tokens in{" "}
          <DragNumber field={layers} name="Layers" minimum={12} maximum={96} step={4} /> layers take{" "}
          <b class="is-original">{bytes(r.kv_cache_f16)}</b> in 16 bits and{" "}
          <b class="is-quantized">{bytes(r.kv_cache)}</b> as {name},{" "}
          {r.times_smaller === null ? "" : `${decimals(r.times_smaller, 2)} times less. `}
          {r.max_batch > 0 ? (
            <>
              Beside weights of {bytes(r.weights)}, <b class="is-good">{whole(r.max_batch)}</b> such texts fit
              at once into {bytes(r.memory)}.
            </>
          ) : (
            <>
              With weights of {bytes(r.weights)} not even one such text fits into {bytes(r.memory)}.
            </>
          )}
        </>
      )}
      table={(r) => ({
        caption: "Bytes of weights and cache",
        columns: ["what", "bytes", "GiB"],
        rows: [
          ["weights, 16 bits", whole(r.weights), decimals(r.weights / kGiB, 3)],
          ["cache, 16 bits", whole(r.kv_cache_f16), decimals(r.kv_cache_f16 / kGiB, 3)],
          [`cache, ${name}`, whole(r.kv_cache), decimals(r.kv_cache / kGiB, 3)],
          ["one more token", whole(r.kv_per_token), decimals(r.kv_per_token / kGiB, 6)],
        ],
      })}
    >
      {(r) => (
        <Bars
          label="Size of the cache in 16 bits and in the chosen format, and of the weights."
          unit="GiB"
          format={(value) => significant(value, 3)}
          legend={[
            { kind: "original", name: "16 bits", mark: "open-bar" },
            { kind: "quantized", name, mark: "bar" },
            { kind: "good", name: "the memory of the device", mark: "line" },
          ]}
          limit={{ value: r.memory / kGiB, text: bytes(r.memory) }}
          rows={[
            {
              name: "KV cache",
              bars: [
                { kind: "original", value: r.kv_cache_f16 / kGiB, text: bytes(r.kv_cache_f16), open: true },
                { kind: "quantized", value: r.kv_cache / kGiB, text: bytes(r.kv_cache) },
              ],
            },
            {
              name: "Weights",
              bars: [{ kind: "original", value: r.weights / kGiB, text: bytes(r.weights), open: true }],
            },
          ]}
        />
      )}
    </Figure>
  );
}
