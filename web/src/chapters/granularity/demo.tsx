import { HeatMap } from "../../charts/heat-map";
import { ask } from "../../core/ask";
import { together } from "../../core/together";
import { viewState } from "../../state/view-state";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { bytes, decimals, significant } from "../../ui/format";
import { BitsSlider, GranularityChoice, GroupSize } from "../shared/controls";
import { LayerSelect, layerFrom, layerWords } from "../shared/layer-choice";

const kSmall = { synthetic: "32x128", synthetic_tokens: 0, seed: 1 } as const;
const kWords = "A synthetic layer with a fixed seed, not a trained one: 32 outputs, 128 inputs.";

const view = viewState("granularity", {
  bits: 4,
  granularity: "tensor",
  group_size: 32,
  layer: "model.layers.3.mlp.down_proj.weight",
});
const request = (granularity: string, arrays: readonly string[]) => ({
  op: "quantize" as const,
  method: "rtn",
  bits: view.value.bits,
  scheme: "symmetric",
  granularity,
  group_size: view.value.group_size,
  ...layerFrom(view.value.layer, kSmall),
  return: arrays,
});
const result = ask(() => request(view.value.granularity, ["weights", "errors"]));
const coarse = ask(() => request("tensor", ["errors"]));
const both = together(result, coarse);

const kNames: Record<string, string> = {
  tensor: "one scale for the whole matrix",
  channel: "one scale a row",
  group: "one scale a group",
};

export function ErrorMap() {
  const bits = view.field("bits");
  const { granularity } = view.value;
  return (
    <Figure
      title="How far each weight moves, and who shares a scale"
      lead={`${layerWords(view.value.layer, kWords, undefined, false)} The lines enclose what shares one scale.`}
      result={both}
      view={view}
      controls={
        <>
          <LayerSelect view={view} />
          <GranularityChoice view={view} name="One scale for each" />
          <BitsSlider field={bits} minimum={2} maximum={8} />
          <GroupSize
            view={view}
            stops={[8, 16, 32, 64, 128]}
            hint={granularity === "group" ? "" : "Used when the scale is for each group."}
          />
        </>
      }
      sentence={(r) => {
        const reference = coarse.value.value!;
        return (
          <>
            <DragNumber field={bits} name="Bits of a weight" minimum={2} maximum={8} /> bits with{" "}
            {kNames[granularity]} cost <b class="is-scale">{decimals(r.bits_per_weight, 2)} bits a weight</b>,{" "}
            {bytes(r.bytes)} in all. The mean squared error is{" "}
            <b class="is-error">{significant(r.weight_mse, 3)}</b>
            {granularity !== "tensor"
              ? `; with one scale for all it is ${significant(reference.weight_mse, 3)}.`
              : "."}
          </>
        );
      }}
      table={(r) => ({
        caption: "The layer’s error in numbers",
        columns: ["what", "value"],
        rows: [
          ["rows × columns", `${r.rows} × ${r.columns}`],
          ["bits a weight, scales included", decimals(r.bits_per_weight, 4)],
          ["stored bytes", String(r.bytes)],
          ["mean squared error", significant(r.weight_mse, 6)],
          ["largest error", significant(r.weight_max_error, 6)],
          ["signal to noise (dB)", r.weight_sqnr_db === null ? "\u221e" : decimals(r.weight_sqnr_db, 2)],
          ["worst row", `output ${r.worst_channel.row + 1}`],
        ],
      })}
    >
      {(r) => {
        const weights = r.arrays.weights!.data;
        const errors = r.arrays.errors!.data;
        return (
          <HeatMap
            label={`Error of each of ${r.rows * r.columns} weights.`}
            rows={r.rows}
            columns={r.columns}
            values={errors}
            kind="error"
            height={330}
            unit="error"
            format={(value) => significant(value, 2)}
            highest={coarse.value.value!.weight_max_error}
            rowName="outputs"
            columnName="inputs"
            {...(granularity === "group" ? { groupColumns: view.value.group_size, groupRows: 1 } : {})}
            {...(granularity === "channel" ? { groupRows: 1 } : {})}
            describe={(row, column) =>
              `output ${row + 1}, input ${column + 1}: weight ${significant(weights[row * r.columns + column]!, 3)}, error ${significant(errors[row * r.columns + column]!, 2)}`
            }
          />
        );
      }}
    </Figure>
  );
}
