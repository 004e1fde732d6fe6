import { Bars } from "../../charts/bars";
import { askEach } from "../../core/ask";
import { viewState } from "../../state/view-state";
import { Select } from "../../ui/choice";
import { Figure } from "../../ui/figure";
import { bytes, count, decimals, significant } from "../../ui/format";
import { Slider } from "../../ui/slider";

/** From one billion numbers to 175 billion. */
const kModels = ["llama-3.2-1b", "llama-2-7b", "qwen3-30b-a3b", "llama-3.1-70b", "gpt-3-175b"];

const kFormats = [
  ["int8", "8 bits (int8)"],
  ["int4", "4 bits (int4)"],
  ["int3", "3 bits (int3)"],
  ["int2", "2 bits (int2)"],
  ["nf4", "4 bits (NF4)"],
  ["mxfp4", "4 bits (MXFP4)"],
  ["q4_K", "4 bits (Q4_K)"],
  ["q6_K", "6 bits (Q6_K)"],
  ["fp8_e4m3", "8 bits (FP8)"],
] as const;

const kStops = [4, 8, 16, 24, 32, 48, 80, 141, 192, 384];
const kGiB = 1024 ** 3;

const view = viewState("challenge", { format: "int4", memory: 24 });
const ask = (model: string, weights: string) => ({
  op: "memory" as const,
  model,
  weights,
  context: 1,
  fit: view.value.memory * kGiB,
});
const result = askEach(() => kModels.flatMap((model) => [ask(model, "f16"), ask(model, view.value.format)]));

export function MemoryChart() {
  const { format, memory } = view.value;
  return (
    <Figure
      title={`Where 16 bits do not fit into ${memory} GiB, fewer bits may`}
      result={result}
      view={view}
      command={() => [ask("llama-2-7b", "f16"), ask("llama-2-7b", format)]}
      controls={
        <>
          <Select field={view.field("format")} name="Store the weights as" options={kFormats} />
          <Slider
            field={view.field("memory")}
            name="Memory"
            minimum={1}
            maximum={1024}
            stops={kStops}
            unit="GiB"
          />
        </>
      }
      sentence={(r) => {
        const rows = pairs(r.items);
        const seven = rows[1]!;
        const fitting = (which: "before" | "after") => rows.filter((row) => row[which].fit?.fits).length;
        return (
          <>
            {seven.after.model} has {count(seven.after.parameters)} numbers. In 16 bits they take{" "}
            <b class="is-original">{bytes(seven.before.weights.total)}</b>, stored as {format}{" "}
            <b class="is-quantized">{bytes(seven.after.weights.total)}</b>. Into {memory} GiB fit{" "}
            <b class="is-good">
              {fitting("before")} of these {rows.length} models
            </b>{" "}
            in 16 bits and {fitting("after")} in {format}.
          </>
        );
      }}
      receipt={(r) => pairs(r.items)[1]!.after.receipts.weights}
      table={(r) => ({
        caption: `Weights in 16 bits and as ${format}, in GiB`,
        columns: [
          "model",
          "parameters",
          "16 bits (GiB)",
          `${format} (GiB)`,
          `fits ${memory} GiB as ${format}`,
        ],
        rows: pairs(r.items).map(({ before, after }) => [
          after.model,
          count(after.parameters),
          decimals(before.weights.total / kGiB, 2),
          decimals(after.weights.total / kGiB, 2),
          after.fit?.fits ? "yes" : "no",
        ]),
      })}
    >
      {(r) => (
        <Bars
          label={`Memory for the weights of ${kModels.length} models, in 16 bits and as ${format}.`}
          unit="GiB for the weights"
          format={(value) => significant(value, 3)}
          limit={{ value: memory, text: `${memory} GiB` }}
          legend={[
            { kind: "original", name: "16 bits", mark: "open-bar" },
            { kind: "quantized", name: format, mark: "bar" },
            { kind: "good", name: "the memory you have", mark: "line" },
          ]}
          rows={pairs(r.items).map(({ before, after }) => ({
            name: after.model,
            bars: [
              bar("original", before.weights.total, before.fit?.fits),
              bar("quantized", after.weights.total, after.fit?.fits),
            ],
          }))}
        />
      )}
    </Figure>
  );
}

const pairs = <T,>(items: readonly T[]): { before: T; after: T }[] =>
  kModels.map((_, i) => ({ before: items[2 * i]!, after: items[2 * i + 1]! }));

const bar = (kind: "original" | "quantized", size: number, fits: boolean | undefined) => ({
  kind,
  value: size / kGiB,
  text: `${bytes(size)}${fits ? " \u2713 fits" : ""}`,
  open: kind === "original",
});
