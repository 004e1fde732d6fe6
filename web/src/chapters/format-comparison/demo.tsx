import { Scatter, type ScatterGroup } from "../../charts/scatter";
import { ask } from "../../core/ask";
import type { Compared } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { Choice, Select } from "../../ui/choice";
import { Figure } from "../../ui/figure";
import { decimals, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { LayerSelect, layerFrom, layerWords } from "../shared/layer-choice";
import { kLayer, kLayerWords } from "../shared/playground-layer";
import { methodName, nameOf } from "../shared/settings-text";
import { measureRows, WholeModel } from "../shared/whole-model";
import { roundsInputs, shown } from "./points";

const view = viewState("format-comparison", {
  measure: "output",
  most_bits: 9,
  format: "q4_K",
  layer: "model.layers.1.self_attn.q_proj.weight",
});
const result = ask(() => ({ op: "compare" as const, ...layerFrom(view.value.layer, kLayer) }));

const kFormatIds = [
  "q2_K",
  "q3_K",
  "q4_0",
  "q4_K",
  "iq4_nl",
  "nf4",
  "fp4",
  "mxfp4_ocp",
  "nvfp4_two_level",
  "q5_K",
  "q6_K",
  "fp8_e4m3",
  "q8_0",
] as const;
const kFormats = kFormatIds.map((id) => [id, methodName(id)] as const);
const onModel = measureRows(() => [
  ["4 bits in groups of 32, rounded to nearest", "error", { method: "rtn", bits: 4, group_size: 32 }],
  [methodName(view.value.format), "quantized", { method: view.value.format }],
]);

export function Front() {
  const byOutput = view.value.measure === "output";
  const errorOf = (one: Compared) => (byOutput ? (one.output_mse ?? 0) : one.weight_mse);
  const isBest = (one: Compared) => (byOutput ? one.best_output === true : one.best_weights);
  const point = (one: Compared, strong: boolean) => ({
    x: one.bits_per_weight,
    y: errorOf(one),
    strong,
    ...(strong ? { name: nameOf(one) } : {}),
    text: `${nameOf(one)}: ${decimals(one.bits_per_weight, 2)} bits a weight, error ${significant(errorOf(one), 3)}${roundsInputs(one) ? `, inputs in ${one.activation_bits} bits` : ""}`,
  });
  const groups = (results: readonly Compared[]): ScatterGroup[] => {
    const drawn = shown(results, view.value.most_bits);
    const others = drawn.filter((one) => !isBest(one));
    return [
      {
        name: "nothing beats these",
        kind: "good",
        mark: "circle",
        steps: true,
        points: drawn.filter(isBest).map((one) => point(one, true)),
      },
      {
        name: "formats",
        kind: "scale",
        mark: "square",
        points: others.filter((one) => one.is_format).map((one) => point(one, false)),
      },
      {
        name: "methods",
        kind: "quantized",
        mark: "circle",
        points: others.filter((one) => !one.is_format && !roundsInputs(one)).map((one) => point(one, false)),
      },
      {
        name: "methods that round the inputs too",
        kind: "outlier",
        mark: "square",
        points: others.filter((one) => !one.is_format && roundsInputs(one)).map((one) => point(one, false)),
      },
    ];
  };
  return (
    <Figure
      title="Bits a weight against error, everything on the same layer"
      lead={layerWords(view.value.layer, kLayerWords)}
      result={result}
      view={view}
      controls={
        <>
          <LayerSelect view={view} />
          <Choice
            field={view.field("measure")}
            name="Error of the"
            options={[
              ["output", "output"],
              ["weights", "weights"],
            ]}
          />
          <Slider
            field={view.field("most_bits")}
            name="Show up to"
            minimum={4}
            maximum={33}
            stops={[4, 5, 6, 9, 17, 33]}
            unit="bits a weight"
          />
        </>
      }
      sentence={(r) => {
        const drawn = shown(r.results, view.value.most_bits);
        return (
          <>
            Of {whole(drawn.length)} results in the picture,{" "}
            <b class="is-good">{whole(drawn.filter(isBest).length)}</b> are such that nothing has both fewer
            bits and a smaller error of the {byOutput ? "output" : "weights"}.
          </>
        );
      }}
      table={(r) => ({
        caption: "Every method and format on this layer",
        columns: [
          "what",
          "bits a weight, scales included",
          "bytes",
          "weight error (MSE)",
          "output error (MSE)",
          "input bits",
          "unbeaten",
        ],
        rows: r.results.map((one) => [
          nameOf(one),
          decimals(one.bits_per_weight, 3),
          whole(one.bytes),
          significant(one.weight_mse, 4),
          significant(one.output_mse ?? 0, 4),
          one.activation_bits,
          isBest(one) ? "yes" : "",
        ]),
        words: [0],
      })}
    >
      {(r) => (
        <Scatter
          label="Each method and format: bits a weight across, error upwards."
          groups={groups(r.results)}
          xLabel="bits a weight, scales included"
          yLabel={byOutput ? "mean squared error of the output" : "mean squared error of the weights"}
          yFormat={(value) => significant(value, 2)}
          listed
          height={420}
        />
      )}
    </Figure>
  );
}

export const OnTheModel = () => (
  <WholeModel
    measurement={onModel}
    view={view}
    controls={<Select field={view.field("format")} name="Format" options={kFormats} />}
  />
);
