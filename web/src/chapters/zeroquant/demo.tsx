import { Bars } from "../../charts/bars";
import { askEach } from "../../core/ask";
import type { QuantizeRequest } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { decimals, significant } from "../../ui/format";
import { ActivationBits, BitsSlider, GroupSize } from "../shared/controls";
import { LayerSelect, layerFrom, layerWords } from "../shared/layer-choice";
import { costRow, costWords, kCostColumns, kLayer, kLayerWords } from "../shared/playground-layer";
import { measureRows, WholeModel } from "../shared/whole-model";

const view = viewState("zeroquant", {
  bits: 8,
  activation_bits: 8,
  group_size: 64,
  layer: "model.layers.2.self_attn.q_proj.weight",
});
const layer = () => layerFrom(view.value.layer, kLayer);

const zeroquant = (): QuantizeRequest => ({
  op: "quantize",
  method: "zeroquant",
  bits: view.value.bits,
  group_size: view.value.group_size,
  activation_bits: view.value.activation_bits,
  ...layer(),
});
const plain = (granularity: string, activationGranularity: string): QuantizeRequest => ({
  op: "quantize",
  method: "rtn",
  bits: view.value.bits,
  scheme: "symmetric",
  granularity,
  group_size: view.value.group_size,
  activation_bits: view.value.activation_bits,
  activation_granularity: activationGranularity,
  ...layer(),
});
const result = askEach(() => [
  zeroquant(),
  plain("tensor", "token"),
  plain("group", "tensor"),
  plain("tensor", "tensor"),
]);

const onModel = measureRows(() => {
  const { bits, activation_bits, group_size } = view.value;
  const coarse = {
    method: "rtn",
    scheme: "symmetric",
    granularity: "tensor",
    activation_granularity: "tensor",
  };
  return [
    ["One scale a matrix, one for all inputs", "error", { ...coarse, bits, activation_bits }],
    ["ZeroQuant", "quantized", { method: "zeroquant", bits, activation_bits, group_size }],
  ];
});

const kNames = [
  "ZeroQuant: weights in groups, inputs by token",
  "Only the inputs by token",
  "Only the weights in groups",
  "One scale for all weights, one for all inputs",
];

export function FourWays() {
  const bits = view.field("bits");
  return (
    <Figure
      title="Who shares a scale, in the weights and in the inputs"
      lead={layerWords(view.value.layer, kLayerWords)}
      result={result}
      view={view}
      receipt={(r) => r.items[0]?.receipt}
      controls={
        <>
          <LayerSelect view={view} />
          <BitsSlider field={bits} minimum={2} maximum={8} />
          <ActivationBits view={view} minimum={4} maximum={8} />
          <GroupSize view={view} stops={[16, 32, 64, 128]} />
        </>
      }
      sentence={(r) => {
        const [ours, , , coarse] = r.items;
        if (!ours || !coarse) return null;
        return (
          <>
            With weights in <DragNumber field={bits} name="Bits of a weight" minimum={2} maximum={8} /> and
            inputs in {view.value.activation_bits} bits the output error is{" "}
            <b class="is-quantized">{significant(ours.output_mse ?? 0, 3)}</b> (
            <span class="is-scale">{costWords(ours)}</span>); with one scale for each whole matrix it is{" "}
            <b class="is-error">{significant(coarse.output_mse ?? 0, 3)}</b> in{" "}
            {decimals(coarse.bits_per_weight, 2)} bits.
          </>
        );
      }}
      table={(r) => ({
        caption: "Four ways to share scales",
        columns: kCostColumns,
        rows: kNames.map((name, i) => costRow(name, r.items[i]!)),
        words: [0],
      })}
    >
      {(r) => (
        <Bars
          label="Output error of four ways to share scales."
          unit="mean squared error of the output"
          rows={kNames.map((name, i) => ({
            name,
            bars: [
              {
                kind: i === 0 ? ("quantized" as const) : ("error" as const),
                value: r.items[i]?.output_mse ?? 0,
                text: significant(r.items[i]?.output_mse ?? 0, 3),
              },
            ],
          }))}
          legend={[]}
          format={(value) => significant(value, 2)}
        />
      )}
    </Figure>
  );
}

export const OnTheModel = () => (
  <WholeModel measurement={onModel} view={view} lead="Bits and group size are those above." />
);
