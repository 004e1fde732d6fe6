import { max } from "d3-array";
import { Bars } from "../../charts/bars";
import { Columns } from "../../charts/columns";
import { ask, askEach } from "../../core/ask";
import type { QuantizeRequest } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { Choice } from "../../ui/choice";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { decimals, significant, whole } from "../../ui/format";
import { ActivationBits, BitsSlider } from "../shared/controls";
import { LayerSelect, layerFrom, layerWords } from "../shared/layer-choice";
import { costRow, costWords, kCostColumns, kLayer, kLayerWords } from "../shared/playground-layer";
import { measureRows, WholeModel } from "../shared/whole-model";

const view = viewState("quarot", {
  bits: 4,
  activation_bits: 4,
  base: "rtn",
  cache: "f32",
  layer: "model.layers.1.mlp.down_proj.weight",
});
const layer = () => layerFrom(view.value.layer, kLayer);

const turned = ask(() => ({ op: "rotated" as const, bins: 241, ...layer() }));

const withRotation = (): QuantizeRequest => ({
  op: "quantize",
  method: "quarot",
  bits: view.value.bits,
  activation_bits: view.value.activation_bits,
  base: view.value.base,
  ...layer(),
});
const without = (): QuantizeRequest => ({
  op: "quantize",
  method: view.value.base,
  bits: view.value.bits,
  scheme: "symmetric",
  granularity: "channel",
  convention: "quarot",
  activation_bits: view.value.activation_bits,
  ...layer(),
});
/** QuaRot's cache: a token's keys of a head share a scale, its values too, and none are kept as they are. */
const kHeads = { kv_group: 32, kv_residual: 0, kv_key_granularity: "token" };
const onModel = measureRows(() => {
  const { bits, activation_bits, base, cache } = view.value;
  const shared = {
    bits,
    activation_bits,
    kv_key: cache,
    kv_value: cache,
    ...(cache === "f32" ? {} : kHeads),
  };
  const plain = { method: base, scheme: "symmetric", granularity: "channel", convention: "quarot" };
  return [
    ["Without the rotation", "error", { ...plain, ...shared }],
    [
      "With it",
      "quantized",
      { method: "quarot", base, ...shared, ...(cache === "f32" ? {} : { kv_rotate: true }) },
    ],
  ];
});
const pair = askEach(() => [withRotation(), without()]);

export function Spread() {
  return (
    <Figure
      title="The inputs before and after the rotation"
      lead={layerWords(view.value.layer, kLayerWords)}
      result={turned}
      view={view}
      controls={<LayerSelect view={view} />}
      sentence={(r) => (
        <>
          Before, the largest input is{" "}
          <b class="is-outlier">{decimals(r.activations.before.max_over_rms, 1)} times</b> the root mean
          square; after, <b class="is-quantized">{decimals(r.activations.after.max_over_rms, 1)} times</b>.
          Without any rounding the output stays as it was: it differs by at most{" "}
          <b>{significant(r.output_largest_difference, 2)}</b>, its root mean square is{" "}
          {significant(r.output_rms, 3)}.
        </>
      )}
      table={(r) => ({
        caption: "A layer before and after the rotation",
        columns: ["what", "before", "after"],
        rows: [
          [
            "largest input",
            significant(r.activations.before.largest, 4),
            significant(r.activations.after.largest, 4),
          ],
          [
            "root mean square of the inputs",
            significant(r.activations.before.rms, 4),
            significant(r.activations.after.rms, 4),
          ],
          [
            "largest over root mean square, inputs",
            decimals(r.activations.before.max_over_rms, 2),
            decimals(r.activations.after.max_over_rms, 2),
          ],
          [
            "largest over root mean square, weights",
            decimals(r.weights.before.max_over_rms, 2),
            decimals(r.weights.after.max_over_rms, 2),
          ],
        ],
        words: [0],
      })}
    >
      {(r) => {
        const { before, after } = r.activations;
        const most = max([...before.histogram.counts, ...after.histogram.counts]) ?? 0;
        return (
          <>
            <ChannelMagnitudes
              when="before"
              kind="outlier"
              values={r.arrays.column_absmax_before!.data}
              highest={before.largest}
            />
            <ChannelMagnitudes
              when="after"
              kind="quantized"
              values={r.arrays.column_absmax_after!.data}
              highest={before.largest}
            />
            <InputHistogram when="before" kind="outlier" highest={most} {...before.histogram} />
            <InputHistogram when="after" kind="quantized" highest={most} {...after.histogram} />
          </>
        );
      }}
    </Figure>
  );
}

interface WhenProps {
  when: string;
  kind: "outlier" | "quantized";
}

function ChannelMagnitudes({
  when,
  kind,
  values,
  highest,
}: WhenProps & { values: ArrayLike<number>; highest: number }) {
  return (
    <Columns
      label={`The largest magnitude of each input ${when} the rotation.`}
      unit={`largest magnitude, ${when}`}
      kind={kind}
      values={values}
      highest={highest}
      format={(value) => significant(value, 3)}
      axis={{ low: 0, high: values.length, label: "input" }}
      describe={(i) => `input ${i + 1}: up to ${significant(values[i]!, 3)} ${when} the rotation`}
      height={166}
    />
  );
}

function InputHistogram({
  when,
  kind,
  low,
  high,
  highest,
  counts,
}: WhenProps & {
  low: number;
  high: number;
  highest: number;
  counts: readonly number[];
}) {
  return (
    <Columns
      label={`How many inputs have which value ${when} the rotation.`}
      unit={`number of inputs, ${when}`}
      kind={kind}
      values={counts}
      highest={highest}
      logY
      axis={{ low, high, label: "value" }}
      format={(value) => whole(value)}
      describe={(i) => `part ${i + 1} of ${counts.length}: ${whole(counts[i]!)} inputs ${when} the rotation`}
      height={180}
    />
  );
}

export function WithAndWithout() {
  const bits = view.field("bits");
  return (
    <Figure
      title="Weights and inputs rounded, with the rotation and without"
      result={pair}
      view={view}
      receipt={(r) => r.items[0]?.receipt}
      controls={
        <>
          <BitsSlider field={bits} minimum={2} maximum={8} />
          <ActivationBits view={view} minimum={2} maximum={16} />
          <Choice
            field={view.field("base")}
            name="Weights are rounded"
            options={[
              ["rtn", "to nearest"],
              ["gptq", "by GPTQ"],
            ]}
          />
        </>
      }
      sentence={(r) => {
        const [rotated, plain] = r.items;
        if (!rotated || !plain) return null;
        return (
          <>
            With weights in <DragNumber field={bits} name="Bits of a weight" minimum={2} maximum={8} /> and
            inputs in {view.value.activation_bits} bits (<span class="is-scale">{costWords(rotated)}</span>)
            the output error is <b class="is-quantized">{significant(rotated.output_mse ?? 0, 3)}</b> with the
            rotation and <b class="is-error">{significant(plain.output_mse ?? 0, 3)}</b> without.
          </>
        );
      }}
      table={(r) => ({
        caption: "The same codes, with the rotation and without",
        columns: kCostColumns,
        rows: [costRow("rotated", r.items[0]!), costRow("not rotated", r.items[1]!)],
      })}
    >
      {(r) => {
        const [rotated, plain] = r.items.map((item) => item.output_mse ?? 0);
        return (
          <Bars
            label="Output error with the rotation and without."
            unit="mean squared error of the output"
            rows={[
              {
                name: "Without the rotation",
                bars: [{ kind: "error", value: plain ?? 0, text: significant(plain ?? 0, 3) }],
              },
              {
                name: "With it",
                bars: [{ kind: "quantized", value: rotated ?? 0, text: significant(rotated ?? 0, 3) }],
              },
            ]}
            legend={[]}
            format={(value) => significant(value, 2)}
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
    lead="Bits are those above."
    controls={
      <Choice
        field={view.field("cache")}
        name="Keys and values in the cache"
        options={[
          ["f32", "as they are"],
          ["int4", "in 4 bits"],
          ["int3", "in 3"],
          ["int2", "in 2"],
        ]}
        hint="Turned too where the rest is, head by head."
      />
    }
  />
);
