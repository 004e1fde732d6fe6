import { Bars } from "../../charts/bars";
import { askEach } from "../../core/ask";
import { viewState } from "../../state/view-state";
import { Choice } from "../../ui/choice";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { bytes, decimals, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { kCacheFormats, nameIn } from "../shared/plan";

const kGiB = 1024 ** 3;
const kFormats = ["int8", "int4", "fp8_e4m3"].map((id) => [id, nameIn(kCacheFormats, id)] as const);
const kContexts = [1024, 2048, 4096, 8192, 16384, 32768];

const view = viewState("kv-cache", { format: "int8", context: 4096, layers: 32 });
const sketch = (format: string) => ({
  op: "cache-sketch" as const,
  layers: view.value.layers,
  context: view.value.context,
  kv_key: format,
  kv_value: format,
});
const everyFormat = () => kFormats.map(([id]) => sketch(id));
const result = askEach(everyFormat);

export function CacheCalculator() {
  const layers = view.field("layers");
  const { format, context } = view.value;
  const own = <T,>(items: readonly T[]): T => items[kFormats.findIndex(([id]) => id === format)] ?? items[0]!;
  return (
    <Figure
      title="The cache of one text, beside the weights"
      result={result}
      view={view}
      command={everyFormat}
      receipt={(r) => own(r.items).receipts.kv_cache}
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
      sentence={(r) => {
        const cache = own(r.items);
        return (
          <>
            {whole(context)} tokens in{" "}
            <DragNumber field={layers} name="Layers" minimum={12} maximum={96} step={4} /> layers take{" "}
            <b class="is-original">{bytes(cache.kv_cache_f16)}</b> in 16 bits and{" "}
            <b class="is-quantized">{bytes(cache.kv_cache)}</b> as {own(kFormats)[1]},{" "}
            {cache.times_smaller === null ? "" : `${decimals(cache.times_smaller, 2)} times smaller. `}
            {cache.max_batch > 0 ? (
              <>
                Beside weights of {bytes(cache.weights)}, <b class="is-good">{whole(cache.max_batch)}</b> such{" "}
                {cache.max_batch === 1 ? "text fits" : "texts fit at once"} into {bytes(cache.memory)}.
              </>
            ) : (
              <>
                With weights of {bytes(cache.weights)} not even one such text fits into {bytes(cache.memory)}.
              </>
            )}
          </>
        );
      }}
      table={(r) => {
        const cache = own(r.items);
        return {
          caption: "Bytes of weights and cache",
          columns: ["what", "bytes", "GiB"],
          rows: [
            ["weights, 16 bits", whole(cache.weights), decimals(cache.weights / kGiB, 3)],
            ["cache, 16 bits", whole(cache.kv_cache_f16), decimals(cache.kv_cache_f16 / kGiB, 3)],
            ...r.items.map((item, i) => [
              `cache, ${kFormats[i]![1]}`,
              whole(item.kv_cache),
              decimals(item.kv_cache / kGiB, 3),
            ]),
            [
              `one more token, ${own(kFormats)[1]}`,
              whole(cache.kv_per_token),
              decimals(cache.kv_per_token / kGiB, 6),
            ],
          ],
        };
      }}
    >
      {(r) => {
        const { kv_cache_f16, weights, memory } = own(r.items);
        return (
          <Bars
            label="Size of the cache in 16 bits and in three other formats, and of the weights."
            unit="GiB"
            format={(value) => significant(value, 3)}
            legend={[
              { kind: "original", name: "16 bits", mark: "open-bar" },
              { kind: "quantized", name: own(kFormats)[1], mark: "bar" },
              { kind: "quantized", name: "the other formats", mark: "open-bar" },
              { kind: "good", name: "the memory of the device", mark: "line" },
            ]}
            limit={{ value: memory / kGiB, text: bytes(memory) }}
            rows={[
              { name: "KV cache, 16 bits", bars: [bar("original", kv_cache_f16, true)] },
              ...r.items.map((item, i) => ({
                name: `KV cache, ${kFormats[i]![1]}`,
                bars: [bar("quantized", item.kv_cache, item !== own(r.items))],
              })),
              { name: "Weights, 16 bits", bars: [bar("original", weights, true)] },
            ]}
          />
        );
      }}
    </Figure>
  );
}

const bar = (kind: "original" | "quantized", size: number, open: boolean) => ({
  kind,
  value: size / kGiB,
  text: bytes(size),
  open,
});
