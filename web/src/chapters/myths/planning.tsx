// Myths about size and speed: four times smaller, always faster, the cache's formula.
import { Bars } from "../../charts/bars";
import { ask } from "../../core/ask";
import { viewState } from "../../state/view-state";
import { Select } from "../../ui/choice";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { bytes, decimals, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { kDevicesWithPeak, kModels, kWeightFormats, nameIn } from "../shared/plan";

const kContexts = [1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072];

// --- four bits are four times smaller

const quarter = viewState("myth-quarter", { model: "llama-3.1-8b" });
const quarterRequest = () => ({
  op: "formats-that-fit" as const,
  model: quarter.value.model,
  context: 1,
  fit: 1e12,
});
const sizes = ask(quarterRequest);
const kFourBits = ["int4", "q4_0", "q4_K", "nf4", "nvfp4", "mxfp4"];

export function Quarter() {
  return (
    <Figure
      title="Six formats that are called 4 bits"
      result={sizes}
      view={quarter}
      controls={<Select field={quarter.field("model")} name="Model" options={kModels} />}
      sentence={(r) => {
        const four = r.formats.filter((row) => kFourBits.includes(row.format));
        const whole16 = r.formats.find((row) => row.format === "f16")!;
        const [first, last] = [four[0]!, four.at(-1)!];
        return (
          <>
            {r.model} takes <b class="is-original">{bytes(whole16.weights)}</b> in 16 bits. In these six
            formats it is {decimals(first.times_smaller_than_f16, 2)} to{" "}
            {decimals(last.times_smaller_than_f16, 2)} times smaller, never <b class="is-error">4</b>.
          </>
        );
      }}
      table={(r) => ({
        caption: "Bits a weight with everything counted",
        columns: ["format", "bits a weight", "weights (bytes)", "times smaller"],
        rows: r.formats
          .filter((row) => row.format === "f16" || kFourBits.includes(row.format))
          .map((row) => [
            row.name,
            decimals(row.bits_per_weight, 4),
            whole(row.weights),
            decimals(row.times_smaller_than_f16, 3),
          ]),
      })}
    >
      {(r) => (
        <Bars
          label="How many times smaller than 16 bits each 4-bit format is."
          unit="times smaller than 16 bits"
          format={(value) => significant(value, 2)}
          limit={{ value: 4, text: "four times" }}
          legend={[{ kind: "quantized", name: "with its scales", mark: "bar" }]}
          rows={r.formats
            .filter((row) => kFourBits.includes(row.format))
            .map((row) => ({
              name: `${row.name}: ${decimals(row.bits_per_weight, 2)} bits a weight`,
              bars: [
                {
                  kind: "quantized" as const,
                  value: row.times_smaller_than_f16,
                  text: decimals(row.times_smaller_than_f16, 2),
                },
              ],
            }))}
        />
      )}
    </Figure>
  );
}

// --- quantization always speeds up

const faster = viewState("myth-speed", { device: "nvidia-rtx-4090", weights: "int4", batch: 256 });
const roof = ask(() => ({
  op: "roofline" as const,
  model: "llama-3.1-8b",
  weights: faster.value.weights,
  device: faster.value.device,
  context: 512,
  batches: [1, 16, faster.value.batch],
}));
const kPrompt = "Reading a prompt of 512 tokens";
const workOf = (batch: number, i: number): string =>
  `${i === 2 ? "Your choice: writing" : "Writing"} ${whole(batch)} at a time`;
const waitsFor = (bound: "memory" | "compute"): string => (bound === "memory" ? "memory" : "arithmetic");

export function Faster() {
  const batch = faster.field("batch");
  return (
    <Figure
      title="Llama 3.1 8B against itself in 16 bits, at best"
      result={roof}
      view={faster}
      receipt={(r) => r.receipts.decode}
      controls={
        <>
          <Select field={faster.field("device")} name="Device" options={kDevicesWithPeak} />
          <Select
            field={faster.field("weights")}
            name="Weights"
            options={kWeightFormats.filter(([id]) => id !== "f16")}
          />
          <Slider
            field={batch}
            name="Texts at a time"
            minimum={1}
            maximum={1024}
            stops={[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]}
            unit="texts"
          />
        </>
      }
      sentence={(r) => (
        <>
          As {nameIn(kWeightFormats, faster.value.weights)}, one text is written up to{" "}
          <b class="is-good">{decimals(r.decode[0]!.times_faster_than_f16, 2)} times</b> as fast,{" "}
          <DragNumber field={batch} name="Texts at a time" minimum={1} maximum={1024} /> at a time{" "}
          {decimals(r.decode.at(-1)!.times_faster_than_f16, 2)} times, and a prompt is read{" "}
          <b class="is-error">{decimals(r.prefill.times_faster_than_f16, 2)} times</b> as fast.
        </>
      )}
      table={(r) => ({
        caption: "How many times as fast as in 16 bits, at best",
        columns: ["work", "times as fast", "waits for", "tokens a second"],
        rows: [
          ...r.decode.map((step, i) => [
            workOf(step.batch, i),
            decimals(step.times_faster_than_f16, 3),
            waitsFor(step.bound),
            significant(step.tokens_per_second, 4),
          ]),
          [kPrompt, decimals(r.prefill.times_faster_than_f16, 3), waitsFor(r.prefill.bound), ""],
        ],
      })}
    >
      {(r) => (
        <Bars
          label="How many times as fast as 16 bits, by the kind of work."
          unit="times as fast as 16 bits"
          format={(value) => significant(value, 2)}
          limit={{ value: 1, text: "no gain" }}
          legend={[{ kind: "quantized", name: "at best", mark: "bar" }]}
          rows={[
            ...r.decode.map((step, i) => ({
              name: workOf(step.batch, i),
              bars: [timesBar(step.times_faster_than_f16)],
            })),
            { name: kPrompt, bars: [timesBar(r.prefill.times_faster_than_f16)] },
          ]}
        />
      )}
    </Figure>
  );
}

/** Without what stands in brackets: the kind of attention is named beside it. */
const short = (name: string) => name.replace(/ \(.*\)$/, "");

const timesBar = (value: number) => ({ kind: "quantized" as const, value, text: decimals(value, 2) });

// --- the cache is 2 x layers x width

const cache = viewState("myth-cache", { context: 8192 });
const kGiB = 1024 ** 3;
const caches = ask(() => ({
  op: "cache-curve" as const,
  models: ["llama-2-7b", "llama-3.1-8b", "qwen2.5-7b", "falcon-7b", "gemma-3-27b", "deepseek-v3"],
  contexts: [cache.value.context],
}));

export function CacheFormula() {
  return (
    <Figure
      title="What the formula says, and what the cache takes"
      result={caches}
      view={cache}
      receipt={(r) => r.curves[1]!.receipt}
      controls={
        <Slider
          field={cache.field("context")}
          name="Context"
          minimum={1024}
          maximum={131072}
          stops={kContexts}
          unit="tokens"
        />
      }
      sentence={(r) => (
        <>
          For {whole(cache.value.context)} tokens the formula is right for {r.curves[0]!.name} alone. For{" "}
          {r.curves[1]!.name} it says {bytes(r.curves[1]!.bytes_by_width_formula[0]!)} instead of{" "}
          <b class="is-quantized">{bytes(r.curves[1]!.bytes[0]!)}</b>, for {short(r.curves[3]!.name)}{" "}
          {significant(r.curves[3]!.times_smaller_than_formula ?? 1, 3)} times what it takes.
        </>
      )}
      table={(r) => ({
        caption: "Bytes of the cache in 16 bits",
        columns: ["model", "attention", "by the formula", "true", "formula over true"],
        rows: r.curves.map((c) => [
          c.name,
          c.attention,
          whole(c.bytes_by_width_formula[0]!),
          whole(c.bytes[0]!),
          significant(c.times_smaller_than_formula ?? 1, 4),
        ]),
        words: [0, 1],
      })}
    >
      {(r) => (
        <Bars
          label="Cache of six models, by the formula and true."
          unit="GiB of cache, in 16 bits"
          format={(value) => significant(value, 3)}
          legend={[
            { kind: "error", name: "2 × layers × width × tokens", mark: "open-bar" },
            { kind: "quantized", name: "what it takes", mark: "bar" },
          ]}
          rows={r.curves.map((c) => ({
            name: `${short(c.name)}, ${c.attention}`,
            bars: [
              {
                kind: "error" as const,
                value: c.bytes_by_width_formula[0]! / kGiB,
                text: bytes(c.bytes_by_width_formula[0]!),
                open: true,
              },
              { kind: "quantized" as const, value: c.bytes[0]! / kGiB, text: bytes(c.bytes[0]!) },
            ],
          }))}
        />
      )}
    </Figure>
  );
}
