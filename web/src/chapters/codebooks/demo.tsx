import { middle } from "../../charts/middle";
import { NumberLine } from "../../charts/number-line";
import { PlaneCells } from "../../charts/plane-cells";
import { Scatter } from "../../charts/scatter";
import { ask, askEach } from "../../core/ask";
import type { QuantizeRequest } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { decimals, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { BitsSlider } from "../shared/controls";
import { LayerSelect, layerFrom, layerWords } from "../shared/layer-choice";
import { costRow, costWords, kCostColumns, kLayer, kLayerWords, listOf } from "../shared/playground-layer";
import { measureRows, WholeModel } from "../shared/whole-model";

const kShown = 16;
const kPairsShown = 4096;
const bitsText = (bits: number): string => (bits === 1 ? "1 bit" : `${bits} bits`);
const kShares = [0, 0.1, 0.2, 0.5, 1, 2, 5, 10];

const view = viewState("codebooks", {
  bits: 3,
  outliers: 0.5,
  layer: "model.layers.2.self_attn.k_proj.weight",
});
const layer = () => layerFrom(view.value.layer, kLayer);

const table = (vectorSize: number): QuantizeRequest => ({
  op: "quantize",
  method: "codebook",
  bits: view.value.bits,
  vector_size: vectorSize,
  granularity: "tensor",
  return: ["weights", "dequantized"],
  ...layer(),
});
const even = (): QuantizeRequest => ({
  op: "quantize",
  method: "rtn",
  bits: view.value.bits,
  granularity: "tensor",
  ...layer(),
});
const levels = askEach(() => [table(1), even()]);
const cells = ask(() => table(2));

const sparse = (outliers: number): QuantizeRequest => ({
  op: "quantize",
  method: "sparse",
  bits: view.value.bits,
  outliers,
  ...layer(),
});
const onModel = measureRows(() => {
  const { bits, outliers } = view.value;
  return [
    ["Even levels, one scale a matrix", "error", { method: "rtn", bits, granularity: "tensor" }],
    ["A table of k-means a matrix", "quantized", { method: "codebook", bits, granularity: "tensor" }],
    [`${outliers}\u00a0% kept in FP16, groups of 128`, "outlier", { method: "sparse", bits, outliers }],
  ];
});
/** Plain rounding in the same groups, for the bits that the outliers take. */
const grouped = (bits: number): QuantizeRequest => ({ op: "quantize", method: "rtn", bits, ...layer() });
const sweep = askEach(() => [
  sparse(view.value.outliers),
  ...kShares.map(sparse),
  ...[0, 1, 2].map((more) => grouped(view.value.bits + more)),
]);

export function Levels() {
  const bits = view.field("bits");
  return (
    <Figure
      title="The levels that k-means finds, on the number line"
      lead={`${layerWords(view.value.layer, kLayerWords, undefined, false)} The first ${kShown} weights are drawn; one table serves all of them, and a level far out may lie outside the picture.`}
      result={levels}
      view={view}
      command={() => table(1)}
      receipt={(r) => r.items[0]?.receipt}
      controls={
        <>
          <LayerSelect view={view} />
          <BitsSlider field={bits} minimum={1} maximum={4} />
        </>
      }
      sentence={(r) => {
        const [found, evenly] = r.items;
        if (!found || !evenly) return null;
        return (
          <>
            <DragNumber field={bits} name="Bits of a weight" minimum={1} maximum={4} />{" "}
            {view.value.bits === 1 ? "bit gives" : "bits give"} {listOf(found, "codebook").length} levels (
            <span class="is-scale">{costWords(found)}</span>, the table included). The mean squared error of
            the weights is <b class="is-quantized">{significant(found.weight_mse, 3)}</b>; with as many evenly
            spaced levels it is <b class="is-error">{significant(evenly.weight_mse, 3)}</b>.
          </>
        );
      }}
      table={(r) => ({
        caption: "The table’s levels",
        columns: ["index", "level"],
        rows: listOf(r.items[0]!, "codebook").map((level, i) => [i, significant(level, 5)]),
      })}
    >
      {(r) => {
        const found = r.items[0]!;
        const weights = Array.from(found.arrays.weights!.data.slice(0, kShown));
        const restored = found.arrays.dequantized!.data.slice(0, kShown);
        const [, high] = middle(found.arrays.weights!.data);
        const reach = Math.max(high, ...weights.map(Math.abs), ...Array.from(restored, Math.abs));
        return (
          <NumberLine
            label="Weights above the line, the table's levels as marks on it."
            unit="weight"
            originals={weights}
            restored={restored}
            lattice={listOf(found, "codebook").filter((level) => Math.abs(level) <= reach)}
            domain={[-reach, reach]}
            format={(value) => significant(value, 2)}
            describe={(i) =>
              `weight ${i + 1}: ${significant(weights[i]!, 4)} becomes ${significant(restored[i]!, 4)}`
            }
          />
        );
      }}
    </Figure>
  );
}

export function VectorCells() {
  return (
    <Figure
      title="Two weights, one index: points and their cells"
      lead="Each dot is two neighbouring weights of the same layer, of which at most 4,096 pairs are drawn. Every dot in a cell is stored as the square of that cell. The farthest few of a thousand lie outside the picture."
      result={cells}
      view={view}
      sentence={(r) => (
        <>
          {whole(listOf(r, "codebook").length / 2)} pairs stand for {whole((r.rows * r.columns) / 2)} pairs of
          weights. Their mean squared error is <b class="is-quantized">{significant(r.weight_mse, 3)}</b> at{" "}
          <span class="is-scale">{costWords(r)}</span>, the table included.
        </>
      )}
      table={(r) => {
        const flat = listOf(r, "codebook");
        return {
          caption: "The pairs of the table",
          columns: ["index", "first", "second"],
          rows: Array.from({ length: flat.length / 2 }, (_, i) => [
            i,
            significant(flat[2 * i]!, 4),
            significant(flat[2 * i + 1]!, 4),
          ]),
        };
      }}
    >
      {(r) => {
        const flat = listOf(r, "codebook");
        return (
          <PlaneCells
            label="Pairs of weights as dots, the table's pairs as squares with their cells."
            points={r.arrays.weights!.data.subarray(0, 2 * kPairsShown)}
            centers={flat}
            domain={middle(r.arrays.weights!.data)}
            pointName="two neighbouring weights"
            centerName="what they are stored as"
            xLabel="first weight"
            yLabel="second weight"
            format={(value) => significant(value, 2)}
            describe={(i) =>
              `entry ${i}: ${significant(flat[2 * i]!, 3)} and ${significant(flat[2 * i + 1]!, 3)}`
            }
          />
        );
      }}
    </Figure>
  );
}

export function SparseOutliers() {
  const outliers = view.field("outliers");
  return (
    <Figure
      title="The largest weights kept apart, the others in few bits"
      result={sweep}
      view={view}
      receipt={(r) => r.items[0]?.receipt}
      controls={
        <Slider field={outliers} name="Weights kept in FP16" minimum={0} maximum={10} step={0.1} unit="%" />
      }
      sentence={(r) => {
        const chosen = r.items[0];
        const none = r.items[1];
        if (!chosen || !none) return null;
        return (
          <>
            With{" "}
            <DragNumber field={outliers} name="Weights kept in FP16" minimum={0} maximum={10} step={0.1} /> %
            of the weights in FP16 and the others in {bitsText(view.value.bits)}, it takes{" "}
            <b class="is-scale">{decimals(chosen.bits_per_weight, 2)} bits a weight</b> at a weight error of{" "}
            <b class="is-quantized">{significant(chosen.weight_mse, 3)}</b>; with none kept the error is{" "}
            <b class="is-error">{significant(none.weight_mse, 3)}</b> at {decimals(none.bits_per_weight, 2)}.
          </>
        );
      }}
      table={(r) => ({
        caption: "Each share kept in FP16",
        columns: kCostColumns,
        rows: [
          ...kShares.map((share, i) => costRow(`${share}\u00a0% kept`, r.items[1 + i]!)),
          ...[0, 1, 2].map((more, i) =>
            costRow(`${bitsText(view.value.bits + more)} for all`, r.items[1 + kShares.length + i]!),
          ),
        ],
      })}
    >
      {(r) => {
        const point = (name: string, item: (typeof r.items)[number], strong: boolean) => ({
          x: item.bits_per_weight,
          y: item.weight_mse,
          name,
          strong,
          text: `${name}: ${decimals(item.bits_per_weight, 2)} bits a weight, weight error ${significant(item.weight_mse, 3)}`,
        });
        return (
          <Scatter
            label="Bits a weight against weight error, for each share kept in FP16."
            groups={[
              {
                name: "your share",
                kind: "outlier",
                mark: "square",
                points: [point(`${view.value.outliers}\u00a0%`, r.items[0]!, true)],
              },
              {
                name: "other shares kept in FP16",
                kind: "quantized",
                mark: "circle",
                points: kShares.map((share, i) => point(`${share}\u00a0%`, r.items[1 + i]!, false)),
              },
              {
                name: "more bits for all instead",
                kind: "original",
                mark: "square",
                points: [0, 1, 2].map((more, i) =>
                  point(bitsText(view.value.bits + more), r.items[1 + kShares.length + i]!, false),
                ),
              },
            ]}
            xLabel="bits a weight, indices of the outliers included"
            yLabel="mean squared error of the weights"
            yFormat={(value) => significant(value, 2)}
            height={340}
          />
        );
      }}
    </Figure>
  );
}

export const OnTheModel = () => (
  <WholeModel measurement={onModel} view={view} lead="Bits and the share kept in FP16 are those above." />
);
