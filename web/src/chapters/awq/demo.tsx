import { extent } from "d3-array";
import { Columns } from "../../charts/columns";
import { Lines } from "../../charts/lines";
import { Scatter } from "../../charts/scatter";
import { ask, askEach } from "../../core/ask";
import type { QuantizeRequest } from "../../core/requests";
import { together } from "../../core/together";
import { viewState } from "../../state/view-state";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { decimals, plain, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { BitsSlider, GroupSize } from "../shared/controls";
import { LayerSelect, layerFrom, layerWords } from "../shared/layer-choice";
import {
  costRow,
  costWords,
  kCostColumns,
  kLayer,
  kLayerWords,
  listOf,
  numberOf,
} from "../shared/playground-layer";
import { measureRows, WholeModel } from "../shared/whole-model";

const kShares = [1, 2, 4, 8, 16, 32];

const view = viewState("awq", {
  bits: 4,
  group_size: 128,
  salient: 1,
  layer: "model.layers.1.mlp.down_proj.weight",
});
const layer = () => layerFrom(view.value.layer, kLayer);

const scaled = (): QuantizeRequest => ({
  op: "quantize",
  method: "awq",
  bits: view.value.bits,
  group_size: view.value.group_size,
  return: ["column_scales"],
  ...layer(),
});
/** With none kept all are rounded to nearest; a salient share of 0 would ask for the scaling instead. */
const keeping = (salient: number): QuantizeRequest => (salient > 0 ? { ...scaled(), salient } : nearest());
const nearest = (): QuantizeRequest => ({
  op: "quantize",
  method: "rtn",
  convention: "awq",
  bits: view.value.bits,
  group_size: view.value.group_size,
  ...layer(),
});

const result = ask(scaled);
const inputs = ask(() => ({ op: "statistics" as const, of: "activations" as const, bins: 1, ...layer() }));
const both = together(result, inputs);
const onModel = measureRows(() => {
  const { bits, group_size } = view.value;
  return [
    ["Round to nearest", "error", { method: "rtn", convention: "awq", bits, group_size }],
    ["AWQ", "quantized", { method: "awq", bits, group_size }],
  ];
});
const ablation = askEach(() => [scaled(), nearest(), keeping(view.value.salient), ...kShares.map(keeping)]);

export function Search() {
  const bits = view.field("bits");
  return (
    <Figure
      title="The search: one exponent for the whole layer"
      lead={layerWords(view.value.layer, kLayerWords)}
      result={result}
      view={view}
      controls={
        <>
          <LayerSelect view={view} />
          <BitsSlider field={bits} minimum={3} maximum={8} />
          <GroupSize view={view} stops={[16, 32, 64, 128]} />
        </>
      }
      sentence={(r) => (
        <>
          At <DragNumber field={bits} name="Bits of a weight" minimum={3} maximum={8} /> bits (
          <span class="is-scale">{costWords(r)}</span>) the best of 20 exponents is{" "}
          <b class="is-scale">{decimals(numberOf(r, "best_ratio"), 2)}</b>. The output error is{" "}
          <b class="is-quantized">{significant(r.output_mse ?? 0, 3)}</b>; plain rounding leaves{" "}
          <b class="is-error">{significant(r.output_mse_rtn ?? 0, 3)}</b>.
        </>
      )}
      table={(r) => ({
        caption: "The loss at each exponent",
        columns: ["exponent", "loss"],
        rows: listOf(r, "ratios").map((ratio, i) => [
          decimals(ratio, 2),
          significant(listOf(r, "losses")[i]!, 5),
        ]),
      })}
    >
      {(r) => (
        <Lines
          label="The loss against the exponent."
          xs={listOf(r, "ratios")}
          series={[{ name: "output error on the inputs", kind: "error", values: listOf(r, "losses") }]}
          xLabel="exponent"
          yLabel="mean squared error of the output"
          xFormat={plain}
          yFormat={(value) => significant(value, 3)}
          here={numberOf(r, "best_ratio")}
          height={280}
        />
      )}
    </Figure>
  );
}

export function Scales() {
  return (
    <Figure
      title="Which channels are scaled, and by how much"
      result={both}
      sentence={(r) => {
        const factors = r.arrays.column_scales?.data ?? [];
        const [least = 1, most = 1] = extent(Array.from(factors));
        return least === most ? (
          "Here the best exponent is 0: all factors are 1, and nothing is scaled."
        ) : (
          <>
            Channels whose inputs are large on average are multiplied most before rounding, here by up to{" "}
            <b class="is-scale">{significant(most, 2)}</b>, others by as little as {significant(least, 2)}.
            Their inputs are divided by as much.
          </>
        );
      }}
      table={(r) => ({
        caption: "Each input channel",
        columns: ["channel", "mean magnitude of its inputs", "factor"],
        rows: Array.from(r.arrays.column_scales?.data ?? [], (factor, i) => [
          i + 1,
          significant(inputs.value.value!.arrays.column_absmean!.data[i]!, 4),
          significant(factor, 4),
        ]),
      })}
    >
      {(r) => {
        const factors = r.arrays.column_scales?.data ?? [];
        const means = inputs.value.value!.arrays.column_absmean!.data;
        return (
          <>
            <Columns
              label="The mean magnitude of each channel’s inputs."
              unit="mean magnitude of each channel’s inputs"
              kind="original"
              values={means}
              format={(value) => significant(value, 3)}
              axis={{ low: 0, high: means.length, label: "input channel" }}
              describe={(i) => `channel ${i + 1}: inputs of ${significant(means[i] ?? 0, 3)} on average`}
              height={190}
            />
            <Columns
              label="The factor of each channel."
              unit="factor on the weights of each channel"
              kind="scale"
              values={factors}
              format={(value) => significant(value, 3)}
              axis={{ low: 0, high: factors.length, label: "input channel" }}
              describe={(i) => `channel ${i + 1}: weights times ${significant(factors[i] ?? 0, 3)}`}
              height={190}
            />
          </>
        );
      }}
    </Figure>
  );
}

export const OnTheModel = () => (
  <WholeModel measurement={onModel} view={view} lead="Bits and groups are those above." />
);

export function KeepInstead() {
  const salient = view.field("salient");
  return (
    <Figure
      title="Scaling, against keeping the salient channels in FP16"
      result={ablation}
      view={view}
      command={() => keeping(view.value.salient)}
      receipt={(r) => r.items[2]?.receipt}
      controls={
        <Slider
          field={salient}
          name="Channels kept in FP16"
          minimum={0}
          maximum={100}
          step={0.5}
          unit="%"
          hint="For comparison only: AWQ keeps none. At 0 all are rounded to nearest."
        />
      }
      sentence={(r) => {
        const [ours, plain, kept] = r.items;
        if (!ours || !plain || !kept) return null;
        return (
          <>
            Keeping <DragNumber field={salient} name="Channels kept" minimum={0} maximum={100} step={0.5} />
            &nbsp;% of the channels ({whole(listOf(kept, "salient_channels").length)} of {whole(kept.columns)}
            ) takes <b class="is-scale">{decimals(kept.bits_per_weight, 2)} bits a weight</b> for an error of{" "}
            <b class="is-outlier">{significant(kept.output_mse ?? 0, 3)}</b>. AWQ takes{" "}
            {decimals(ours.bits_per_weight, 2)} and leaves{" "}
            <b class="is-quantized">{significant(ours.output_mse ?? 0, 3)}</b>; plain rounding leaves{" "}
            {significant(plain.output_mse ?? 0, 3)}.
          </>
        );
      }}
      table={(r) => ({
        caption: "Scaling against keeping channels",
        columns: kCostColumns,
        rows: [
          costRow("AWQ", r.items[0]!),
          costRow("plain rounding", r.items[1]!),
          ...kShares.map((share, i) => costRow(`${share}\u00a0% kept in FP16`, r.items[3 + i]!)),
        ],
      })}
    >
      {(r) => {
        const point = (name: string, item: (typeof r.items)[number], strong: boolean) => ({
          x: item.bits_per_weight,
          y: item.output_mse ?? 0,
          name,
          strong,
          text: `${name}: ${decimals(item.bits_per_weight, 2)} bits a weight, output error ${significant(item.output_mse ?? 0, 3)}`,
        });
        /** The legend names it, and the shares that are kept lie close around it. */
        const unnamed = ({ name: _, ...rest }: ReturnType<typeof point>) => rest;
        return (
          <Scatter
            label="Bits a weight against output error: AWQ, plain rounding, and channels kept in FP16."
            groups={[
              {
                name: "salient channels kept in FP16",
                kind: "outlier",
                mark: "circle",
                points: [
                  point(`${view.value.salient}\u00a0%`, r.items[2]!, true),
                  ...kShares.map((share, i) => point(`${share}\u00a0%`, r.items[3 + i]!, false)),
                ],
              },
              {
                name: "AWQ: scaled",
                kind: "quantized",
                mark: "square",
                points: [unnamed(point("AWQ", r.items[0]!, true))],
              },
              {
                name: "plain rounding",
                kind: "error",
                mark: "circle",
                points: [unnamed(point("plain rounding", r.items[1]!, true))],
              },
            ]}
            xLabel="bits a weight, scales included"
            yLabel="mean squared error of the output"
            yFormat={(value) => significant(value, 2)}
            height={340}
          />
        );
      }}
    </Figure>
  );
}
