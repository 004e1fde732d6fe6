import { Bars } from "../../charts/bars";
import { askEach } from "../../core/ask";
import type { QuantizeRequest, QuantizeResponse } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { Choice } from "../../ui/choice";
import { Figure } from "../../ui/figure";
import { bytes, decimals, significant } from "../../ui/format";
import { Slider } from "../../ui/slider";

/** Methods in two leagues: weights alone, and weights with activations. What is compared has the same bits. */
type Contestant = readonly [method: string, name: string, settings: Partial<QuantizeRequest>];
const kWeightsOnly: readonly Contestant[] = [
  ["rtn", "Rounding to nearest", { bits: 4, scheme: "asymmetric", granularity: "group", group_size: 64 }],
  ["gptq", "GPTQ", { bits: 4, scheme: "asymmetric", granularity: "group", group_size: 64 }],
  ["awq", "AWQ", { bits: 4, scheme: "asymmetric", group_size: 64 }],
  ["nf4", "NF4", { block_size: 64 }],
  ["q4_K", "Q4_K of GGUF", {}],
  ["mxfp4", "MXFP4", {}],
  ["nvfp4", "NVFP4", {}],
];
const kActivationsToo: readonly Contestant[] = [
  [
    "rtn",
    "Rounding to nearest",
    {
      bits: 8,
      scheme: "symmetric",
      granularity: "channel",
      activation_bits: 8,
      activation_granularity: "token",
    },
  ],
  [
    "smoothquant",
    "SmoothQuant",
    { bits: 8, activation_bits: 8, granularity: "channel", activation_granularity: "token" },
  ],
  ["zeroquant", "ZeroQuant", { bits: 8, group_size: 64, activation_bits: 8 }],
  ["llm-int8", "LLM.int8()", {}],
  ["quarot", "QuaRot", { bits: 8, activation_bits: 8 }],
];

const view = viewState("method-cards", { league: "weights", synthetic_outliers: 20 });
const league = () => (view.value.league === "both" ? kActivationsToo : kWeightsOnly);
const requestOf = ([method, , settings]: Contestant): QuantizeRequest => ({
  op: "quantize",
  method,
  ...settings,
  synthetic: "64x256",
  synthetic_tokens: 128,
  synthetic_outliers: view.value.synthetic_outliers,
  seed: 1,
});
const result = askEach(() => league().map(requestOf));

export function MethodsCompared() {
  const both = view.value.league === "both";
  return (
    <Figure
      title="One layer, one input, every method"
      lead="A synthetic layer of 64 outputs and 256 inputs with a fixed seed. A few of its inputs are larger than the others, as in real models."
      result={result}
      view={view}
      command={() => requestOf(league()[1]!)}
      receipt={(r) => r.items[1]?.receipt}
      controls={
        <>
          <Choice
            field={view.field("league")}
            name="Round"
            options={[
              ["weights", "weights, 4 bits"],
              ["both", "weights and activations, 8 bits"],
            ]}
          />
          <Slider
            field={view.field("synthetic_outliers")}
            name="Largest inputs"
            minimum={1}
            maximum={100}
            stops={[1, 5, 10, 20, 50, 100]}
            unit="times"
          />
        </>
      }
      sentence={(r) => {
        const best = least(r.items);
        return (
          <>
            With inputs {view.value.synthetic_outliers} times as large, rounding to nearest errs by{" "}
            <b class="is-error">{significant(r.items[0]!.output_mse ?? 0, 3)}</b>.{" "}
            <b class="is-good">{nameAt(r.items.indexOf(best))}</b> has the least error,{" "}
            {significant(best.output_mse ?? 0, 3)} at {decimals(best.bits_per_weight, 2)} bits a weight.{" "}
            {both
              ? "How large the inputs are decides which method it is."
              : "On another layer it may be another method."}
          </>
        );
      }}
      table={(r) => ({
        caption: "Size and error of the layer",
        columns: ["method", "bits a weight", "stored", "error of the weights", "error of the outputs"],
        rows: r.items.map((item, i) => [
          nameAt(i),
          decimals(item.bits_per_weight, 4),
          bytes(item.bytes),
          significant(item.weight_mse, 4),
          significant(item.output_mse ?? Number.NaN, 4),
        ]),
      })}
    >
      {(r) => (
        <Bars
          label="Error of the layer's outputs by method."
          unit="mean squared error of the outputs"
          format={(value) => significant(value, 2)}
          legend={[{ kind: "error", name: "error of the outputs", mark: "bar" }]}
          rows={r.items.map((item, i) => ({
            name: `${nameAt(i)}: ${decimals(item.bits_per_weight, 2)} bits a weight`,
            bars: [
              {
                kind: "error" as const,
                value: item.output_mse ?? 0,
                text: significant(item.output_mse ?? 0, 3),
              },
            ],
          }))}
        />
      )}
    </Figure>
  );
}

const nameAt = (index: number): string => league()[index]?.[1] ?? "";
const least = <R extends QuantizeResponse>(items: readonly R[]): R =>
  items.reduce((best, item) => ((item.output_mse ?? 0) < (best.output_mse ?? 0) ? item : best));
