// How far the numbers of the reference model reach, by what they are for.
import { Bars } from "../../charts/bars";
import { askEach } from "../../core/ask";
import type { StatisticsRequest } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { Figure } from "../../ui/figure";
import { decimals, significant } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { kMatrices, tensorIn } from "../shared/tensors";

const kBlocks = 4;
/** `block`: its number, from 1. */
const view = viewState("definitions", { block: 1 });

/** Q, K and V read the same inputs, gate and up as well: one of each is enough. */
const kInputs = [
  { part: "self_attn.q_proj", name: "inputs of Q, K and V" },
  { part: "self_attn.o_proj", name: "inputs of O" },
  { part: "mlp.gate_proj", name: "inputs of gate and up" },
  { part: "mlp.down_proj", name: "inputs of down" },
] as const;

/** What is cached are outputs of these. */
const kCached = [
  { part: "self_attn.k_proj", name: "keys before their turn by position" },
  { part: "self_attn.v_proj", name: "values" },
] as const;

type Of = "weights" | "activations" | "cache";
const requestOf = (part: string, of: Of): StatisticsRequest => ({
  op: "statistics",
  ...(of === "cache" ? { layer_numbers: "outputs" } : { of }),
  layer: tensorIn(view.value.block - 1, part),
  bins: 11,
});
const rowsOf = (of: Of, parts: readonly { part: string; name: string }[]) =>
  parts.map(({ part, name }) => ({ of, part, name, shown: `${of}: ${name}` }));
const kRows = [
  ...rowsOf("weights", kMatrices),
  ...rowsOf("activations", kInputs),
  ...rowsOf("cache", kCached),
];
const kBars = {
  weights: { kind: "original", open: false },
  activations: { kind: "outlier", open: true },
  cache: { kind: "scale", open: false },
} as const;
const result = askEach(() => kRows.map((row) => requestOf(row.part, row.of)));

export function Ranges() {
  return (
    <Figure
      title="How far the largest number reaches beyond the usual one"
      lead="Weights as they are in the file, activations and what is cached as they come up while the model reads a sample, the calibration text."
      result={result}
      view={view}
      command={() => kRows.map((row) => requestOf(row.part, row.of))}
      controls={
        <Slider
          field={view.field("block")}
          name="Block"
          minimum={1}
          maximum={kBlocks}
          unit={`of ${kBlocks}`}
        />
      }
      sentence={(r) => {
        const ratio = (i: number) => r.items[i]?.max_over_rms ?? 0;
        const worst = (of: Of) =>
          kRows
            .map((row, i) => ({ ...row, i }))
            .filter((row) => row.of === of)
            .reduce((best, row) => (ratio(row.i) > ratio(best.i) ? row : best));
        const weights = worst("weights");
        const inputs = worst("activations");
        const cached = worst("cache");
        return (
          <>
            No weight of block {view.value.block} is more than{" "}
            <b class="is-original">{decimals(ratio(weights.i), 1)} times</b> the root mean square of its
            matrix. Among the activations, the {inputs.name} reach{" "}
            <b class="is-outlier">{decimals(ratio(inputs.i), 1)} times</b> theirs; in the cache, the{" "}
            {cached.name} reach <b class="is-scale">{decimals(ratio(cached.i), 1)} times</b> theirs.
          </>
        );
      }}
      table={(r) => ({
        caption: `Measured in block ${view.value.block}`,
        columns: ["what", "least", "largest", "root mean square", "largest over root mean square"],
        rows: r.items.map((item, i) => [
          kRows[i]!.shown,
          significant(item.minimum, 3),
          significant(item.maximum, 3),
          significant(item.rms, 3),
          decimals(item.max_over_rms, 2),
        ]),
      })}
    >
      {(r) => (
        <Bars
          label="Largest absolute value over the root mean square, by kind of tensor."
          unit="largest value, in root mean squares"
          format={(value) => significant(value, 3)}
          legend={[
            { kind: "original", name: "weights", mark: "bar" },
            { kind: "outlier", name: "activations", mark: "open-bar" },
            { kind: "scale", name: "KV cache", mark: "bar" },
          ]}
          rows={r.items.map((item, i) => ({
            name: kRows[i]!.shown,
            bars: [
              {
                ...kBars[kRows[i]!.of],
                value: item.max_over_rms,
                text: `${decimals(item.max_over_rms, 1)}; from ${significant(item.minimum, 2)} to ${significant(item.maximum, 2)}`,
              },
            ],
          }))}
        />
      )}
    </Figure>
  );
}
