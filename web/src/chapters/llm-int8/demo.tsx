import { Bars } from "../../charts/bars";
import { Columns } from "../../charts/columns";
import { Lines } from "../../charts/lines";
import { ask, askEach } from "../../core/ask";
import type { QuantizeRequest } from "../../core/requests";
import { together } from "../../core/together";
import { viewState } from "../../state/view-state";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { bytes, decimals, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { ModelSelect } from "../shared/controls";
import { LayerSelect, layerWords, PlantedSwitch, plantableLayer, plantedBy } from "../shared/layer-choice";
import {
  costRow,
  costWords,
  kCalmLayer,
  kCostColumns,
  kLayer,
  kLayerWords,
  listOf,
  numberOf,
} from "../shared/playground-layer";
import { measureRows, WholeModel } from "../shared/whole-model";

const kThresholds = Array.from({ length: 17 }, (_, i) => 4 + i / 4);

const view = viewState("llm-int8", {
  threshold: 6,
  model: "llama-2-70b",
  layer: "model.layers.2.self_attn.q_proj.weight",
  planted: true,
});
const layer = () => plantableLayer(view.value, kLayer, kCalmLayer);

const protectedAt = (threshold: number): QuantizeRequest => ({
  op: "quantize",
  method: "llm-int8",
  threshold,
  return: ["outlier_columns"],
  ...layer(),
});
const result = ask(() => protectedAt(view.value.threshold));
const inputs = ask(() => ({ op: "statistics" as const, of: "activations" as const, bins: 1, ...layer() }));
const both = together(result, inputs);
const sweep = askEach(() => kThresholds.map(protectedAt));

/** 8 bits and nothing beside them: the scales of rows are too few to count. Embedding and norms stay in 16 bits, as the method's library leaves them. */
const stored = (weights: string) => ({
  op: "memory" as const,
  model: view.value.model,
  weights: "f16",
  weights_attention: weights,
  weights_feed_forward: weights,
});
const realModel = askEach(() => [stored("fp8_e4m3"), stored("f16")]);

const onModel = measureRows(() => {
  const { threshold, planted } = view.value;
  const plant_outliers = plantedBy(planted);
  const plain = { method: "rtn", bits: 8, scheme: "symmetric", granularity: "channel", activation_bits: 8 };
  return [
    ["Plain INT8", "error", { ...plain, plant_outliers }],
    ["LLM.int8()", "quantized", { method: "llm-int8", threshold, plant_outliers }],
  ];
});

const percent = (share: number): string => `${significant(share * 100, 3)}\u00a0%`;

export function OutlierColumns() {
  const threshold = view.field("threshold");
  return (
    <Figure
      title="Which input columns are outliers"
      lead={layerWords(view.value.layer, kLayerWords)}
      result={both}
      view={view}
      controls={
        <>
          <LayerSelect view={view} />
          <PlantedSwitch field={view.field("planted")} />
          <Slider
            field={threshold}
            name="Threshold"
            minimum={4}
            maximum={8}
            step={0.25}
            hint="Input values of this magnitude and more make their column an outlier."
          />
        </>
      }
      sentence={(r) => (
        <>
          At a threshold of{" "}
          <DragNumber field={threshold} name="Threshold" minimum={4} maximum={8} step={0.25} />,{" "}
          <b class="is-outlier">
            {whole(listOf(r, "outlier_columns").length)} of {r.columns} columns
          </b>{" "}
          ({percent(numberOf(r, "outlier_share"))}) {listOf(r, "outlier_columns").length === 1 ? "is" : "are"}{" "}
          multiplied in FP16. The output error is{" "}
          <b class="is-quantized">{significant(r.output_mse ?? 0, 3)}</b>; plain INT8 leaves{" "}
          <b class="is-error">{significant(r.output_mse_rtn ?? 0, 3)}</b>. Stored:{" "}
          <span class="is-scale">{costWords(r)}</span>, whatever the threshold.
        </>
      )}
      table={(r) => ({
        caption: "The columns found",
        columns: ["input column", "largest magnitude"],
        rows: listOf(r, "outlier_columns").map((column) => [
          column + 1,
          significant(inputs.value.value!.arrays.column_absmax!.data[column]!, 4),
        ]),
      })}
    >
      {(r) => {
        const found = new Set(listOf(r, "outlier_columns"));
        const largest = inputs.value.value!.arrays.column_absmax!.data;
        return (
          <Columns
            label="The largest magnitude in each input column."
            unit="largest magnitude of each input column"
            kind="original"
            kindOf={(i) => (found.has(i) ? "outlier" : "original")}
            legend={[
              { kind: "original", name: "8 bits", mark: "bar" },
              { kind: "outlier", name: "outlier, in FP16", mark: "bar" },
            ]}
            limit={{ value: view.value.threshold, text: `threshold ${view.value.threshold}` }}
            values={largest}
            format={(value) => significant(value, 3)}
            axis={{ low: 0, high: largest.length, label: "input column" }}
            describe={(i) =>
              `input ${i + 1}: up to ${significant(largest[i] ?? 0, 3)}, ${found.has(i) ? "an outlier, in FP16" : "in 8 bits"}`
            }
            height={260}
          />
        );
      }}
    </Figure>
  );
}

export const OnTheModel = () => (
  <WholeModel
    measurement={onModel}
    view={view}
    lead="Threshold and planted outliers are those above; plain INT8 has one scale a row and one a token."
  />
);

/** A few columns are outliers; where many are taken out, they are not. */
const kFewColumns = 0.05;
const afterwards = (shareAtHighest: number): string =>
  shareAtHighest === 0
    ? " At the latter no column is taken out: it is plain INT8."
    : shareAtHighest < kFewColumns
      ? " Once only the real outliers are left, the threshold hardly matters."
      : " Here so many inputs are large that none of these thresholds leaves only a few columns.";

export function ThresholdSweep() {
  return (
    <Figure
      title="The output error and the share in FP16, at every threshold"
      result={sweep}
      view={view}
      command={() => protectedAt(view.value.threshold)}
      receipt={(r) => r.items[0]?.receipt}
      sentence={(r) => {
        const [lowest, highest] = [r.items[0], r.items.at(-1)];
        return lowest && highest ? (
          <>
            From a threshold of {kThresholds[0]} to one of {kThresholds.at(-1)} the share in FP16 goes from{" "}
            <b class="is-outlier">{percent(numberOf(lowest, "outlier_share"))}</b> to{" "}
            {percent(numberOf(highest, "outlier_share"))}, the error from{" "}
            <b class="is-quantized">{significant(lowest.output_mse ?? 0, 3)}</b> to{" "}
            {significant(highest.output_mse ?? 0, 3)}.{afterwards(numberOf(highest, "outlier_share"))}
          </>
        ) : null;
      }}
      table={(r) => ({
        caption: "Each threshold",
        columns: ["threshold", "share in FP16", ...kCostColumns.slice(1)],
        rows: r.items.map((item, i) => [
          decimals(kThresholds[i]!, 2),
          percent(numberOf(item, "outlier_share")),
          ...costRow("", item).slice(1),
        ]),
      })}
    >
      {(r) => (
        <>
          <Lines
            label="Output error against the threshold."
            xs={kThresholds}
            series={[
              { name: "LLM.int8()", kind: "quantized", values: r.items.map((item) => item.output_mse ?? 0) },
              {
                name: "plain INT8",
                kind: "error",
                values: r.items.map((item) => item.output_mse_rtn ?? 0),
                flat: true,
              },
            ]}
            xLabel="threshold"
            yLabel="mean squared error of the output"
            yFormat={(value) => significant(value, 3)}
            logY
            here={view.value.threshold}
            height={240}
          />
          <Lines
            label="Share of the columns in FP16 against the threshold."
            xs={kThresholds}
            series={[
              {
                name: "columns in FP16",
                kind: "outlier",
                values: r.items.map((item) => numberOf(item, "outlier_share")),
              },
            ]}
            xLabel="threshold"
            yLabel="share of the columns in FP16"
            yFormat={percent}
            here={view.value.threshold}
            height={220}
          />
        </>
      )}
    </Figure>
  );
}

const kGiB = 1024 ** 3;

export function RealModel() {
  return (
    <Figure
      title="What 8 bits save on a real model"
      lead="The blocks’ matrices at 8 bits a weight, embedding and norms at 16. A scale a row adds less than a hundredth of a bit to rows of 4096; the threshold does not matter here."
      result={realModel}
      view={view}
      receipt={(r) => r.items[0]?.receipts.weights}
      controls={<ModelSelect view={view} />}
      sentence={(r) => {
        const [eight, full] = r.items;
        if (!eight || !full) return null;
        return (
          <>
            The weights of {eight.model} take <b class="is-quantized">{bytes(eight.weights.total)}</b> instead
            of <b class="is-original">{bytes(full.weights.total)}</b>.
          </>
        );
      }}
      table={(r) => ({
        caption: "Bytes of the weights",
        columns: ["part", "8 bits", "16 bits"],
        rows: (["embedding", "attention", "feed_forward", "norms", "total"] as const).map((part) => [
          part.replace("_", " "),
          whole(r.items[0]?.weights[part] ?? 0),
          whole(r.items[1]?.weights[part] ?? 0),
        ]),
      })}
    >
      {(r) => (
        <Bars
          label="Weights of the model in 16 bits and in 8."
          unit="GiB"
          legend={[]}
          format={(value) => significant(value, 3)}
          rows={(["In 8 bits", "In 16 bits"] as const).map((name, i) => ({
            name,
            bars: [
              {
                kind: i === 0 ? ("quantized" as const) : ("original" as const),
                value: (r.items[i]?.weights.total ?? 0) / kGiB,
                text: bytes(r.items[i]?.weights.total ?? 0),
              },
            ],
          }))}
        />
      )}
    </Figure>
  );
}
