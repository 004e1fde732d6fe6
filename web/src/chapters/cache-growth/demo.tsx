import { LogPlane, type PlaneCurve } from "../../charts/log-plane";
import { ask } from "../../core/ask";
import type { CacheCurve } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { Choice, Select } from "../../ui/choice";
import { Figure } from "../../ui/figure";
import { bytes, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { WorkedSteps } from "../../ui/worked-steps";
import { kCacheFormats, nameIn } from "../shared/plan";
import { split } from "./curves";

/** One model for each way of sharing keys and values, and one more where the way comes in two sizes. */
const kShown = ["llama-2-7b", "gemma-3-27b", "llama-3.1-8b", "deepseek-v3", "falcon-7b"] as const;
const kNames = [
  ["llama-2-7b", "Llama 2 7B: every head its own"],
  ["llama-3.1-8b", "Llama 3.1 8B: four heads share"],
  ["falcon-7b", "Falcon 7B: all heads share"],
  ["gemma-3-27b", "Gemma 3 27B: most layers look back 1,024 tokens"],
  ["deepseek-v3", "DeepSeek-V3: one short vector"],
] as const;
const kContexts = [1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072];

const view = viewState("cache-growth", { model: "llama-3.1-8b", format: "f16", context: 8192 });
const result = ask(() => ({
  op: "cache-curve" as const,
  models: kShown,
  // The reader's own context comes last: the answer's derivation is of that one.
  contexts: [...kContexts, view.value.context],
  kv_key: view.value.format,
  kv_value: view.value.format,
}));

export function GrowthCurves() {
  const { model, format, context } = view.value;
  return (
    <Figure
      title="The cache of one text, from a page to a thick book"
      lead="Both axes multiply: equal steps are equally many times more. A line is broken where the text is longer than the model was made for."
      result={result}
      view={view}
      receipt={(r) => chosen(r.curves, model).receipt}
      controls={
        <>
          <Select field={view.field("model")} name="Model" options={kNames} />
          <Choice field={view.field("format")} name="Store keys and values as" options={kCacheFormats} />
          <Slider
            field={view.field("context")}
            name="Context"
            minimum={1024}
            maximum={131072}
            stops={kContexts}
            unit="tokens"
          />
        </>
      }
      sentence={(r) => {
        const own = chosen(r.curves, model);
        const size = own.bytes.at(-1)!;
        return (
          <>
            A text of {whole(context)} tokens takes <b class="is-quantized">{bytes(size)}</b> in{" "}
            {nameIn(kCacheFormats, format)} in {own.name}, and each further token {bytes(own.per_token)}.
            Counted as 2 × layers × width in 16 bits it would be{" "}
            <b class="is-error">{bytes(own.bytes_by_width_formula.at(-1)!)}</b>,{" "}
            {significant(own.times_smaller_than_formula ?? 1, 3)} times as much.
          </>
        );
      }}
      table={(r) => ({
        caption: `KV cache at ${whole(context)} tokens as ${format}`,
        columns: [
          "model",
          "attention",
          "layers",
          "heads",
          "heads with keys of their own",
          "of one layer that sees the whole text (bytes)",
          "cache (bytes)",
          "one more token (bytes)",
          "2 × layers × width, 16 bits (bytes)",
        ],
        rows: r.curves.map((c) => [
          c.name,
          c.attention,
          c.layers,
          c.heads,
          c.kv_heads,
          whole(ofOneLayer(c)),
          whole(c.bytes.at(-1)!),
          whole(c.per_token),
          whole(c.bytes_by_width_formula.at(-1)!),
        ]),
        words: [0, 1],
      })}
    >
      {(r) => (
        <>
          <LogPlane
            label="KV cache against the length of the text, for five models."
            curves={r.curves.flatMap((c) => linesOf(c, r.contexts, c.model === model))}
            xLabel="tokens in the text"
            yLabel="KV cache"
            xFormat={whole}
            yFormat={(value) => bytes(value)}
            xBase={2}
            yBase={4}
            here={context}
            legend={[
              { kind: "quantized", name: "the model you chose", mark: "line" },
              { kind: "original", name: "others", mark: "line" },
            ]}
          />
          <WorkedSteps
            name={`The sum for ${chosen(r.curves, model).name}, with its numbers`}
            rows={chosen(r.curves, model).receipt}
          />
        </>
      )}
    </Figure>
  );
}

const chosen = (curves: readonly CacheCurve[], model: string): CacheCurve =>
  curves.find((curve) => curve.model === model) ?? curves[0]!;

/** A step of the derivation, which is of the reader's own context. */
const ofOneLayer = (curve: CacheCurve): number =>
  curve.receipt.find((row) => row.symbol === "full_bytes")?.value ?? 0;

function linesOf(curve: CacheCurve, contexts: readonly number[], strong: boolean): PlaneCurve[] {
  const kind = strong ? "quantized" : "original";
  const { within, beyond } = split(curve, contexts);
  const points = (indices: readonly number[]) =>
    indices.map((i) => ({
      x: contexts[i]!,
      y: curve.bytes[i]!,
      text: `${curve.name} (${curve.attention}): ${whole(contexts[i]!)} tokens take ${bytes(curve.bytes[i]!)}`,
    }));
  const broken = beyond.length > 0;
  const name = curve.name.replace(/ \(.*/, "");
  return [
    { name, kind, points: points(within), shape: "line", strong, named: !broken },
    ...(broken
      ? [{ name, kind, points: points(beyond), shape: "broken", strong, named: true } as const]
      : []),
  ];
}
