// One method on the reader's tensor: its settings, its error, and the result to keep.
import { useState } from "preact/hooks";
import { Columns } from "../../charts/columns";
import { aboutCore } from "../../core/ask";
import { Select } from "../../ui/choice";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { bytes, decimals, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { titleOf } from "../shared/settings-text";
import { columnsOf } from "./part";
import { command, type Download, download, placeFor, quantized, quantizeRequest, view } from "./state";
import { rowsText, Subject } from "./subject";

const kRowsDrawn = 512;
/** Until the core has said what its methods take, the controls of the first one stand in their places. */
const kUntilKnown = [
  { key: "bits", minimum: 1, maximum: 8, choices: [] },
  { key: "granularity", minimum: 0, maximum: 0, choices: ["tensor", "channel", "group"] },
  { key: "group_size", minimum: 1, maximum: 512, choices: [] },
];

export function OneMethod() {
  const methods = aboutCore.value.value?.methods ?? [];
  const usable = methods.filter((method) => !method.needs_activations);
  const fields = usable.find((method) => method.id === view.value.method)?.fields ?? kUntilKnown;
  const field = (key: string) => fields.find((one) => one.key === key);
  const bits = field("bits");
  const granularity = field("granularity");
  return (
    <Figure
      title="One of them, to look at and to keep"
      lead={<Subject extent="live" />}
      result={quantized}
      view={view}
      command={() => command("live", quantizeRequest())}
      controls={
        <>
          <Select
            field={view.field("method")}
            name="Method"
            options={usable.map((method) => [method.id, titleOf(method.id, method.title)] as const)}
          />
          {bits ? (
            <Slider
              field={view.field("bits")}
              name="Bits"
              minimum={bits.minimum}
              maximum={bits.maximum}
              unit="bits"
            />
          ) : null}
          {granularity ? (
            <Select
              field={view.field("granularity")}
              name="One scale for each"
              options={granularity.choices.map((choice) => [choice, choice] as const)}
            />
          ) : null}
          {field("group_size") && (!granularity || view.value.granularity === "group") ? (
            <Slider
              field={view.field("group_size")}
              name="Group size"
              minimum={32}
              maximum={512}
              stops={[32, 64, 128, 256, 512]}
              unit="weights"
            />
          ) : null}
          <Keep />
        </>
      }
      sentence={(r) => (
        <>
          {bits ? (
            <>
              <DragNumber
                field={view.field("bits")}
                name="Bits"
                minimum={bits.minimum}
                maximum={bits.maximum}
              />{" "}
              bits come to{" "}
            </>
          ) : (
            "This takes "
          )}
          <b class="is-scale">{decimals(r.bits_per_weight, 3)} bits a weight</b>, {bytes(r.bytes)}. The mean
          squared error is <b class="is-error">{significant(r.weight_mse)}</b>, the largest{" "}
          {significant(r.weight_max_error, 3)}.
        </>
      )}
      table={(r) => ({
        caption: "The result in numbers",
        columns: ["what", "value"],
        rows: [
          ["rows × columns", `${whole(r.rows)} × ${whole(r.columns)}`],
          ["bits a weight, scales included", decimals(r.bits_per_weight, 4)],
          ["stored bytes", whole(r.bytes)],
          ["mean squared error", significant(r.weight_mse, 6)],
          ["largest error", significant(r.weight_max_error, 6)],
          ["signal to noise (dB)", r.weight_sqnr_db === null ? "no error" : decimals(r.weight_sqnr_db, 2)],
          ["worst row", `${r.worst_channel.row}, error ${significant(r.worst_channel.weight_mse, 4)}`],
        ],
      })}
    >
      {(r) => {
        const errors = r.arrays.row_mse!.data.slice(0, kRowsDrawn);
        return (
          <Columns
            label="The mean squared error of each row."
            unit="mean squared error of a row"
            kind="error"
            values={errors}
            axis={{
              low: 0,
              high: errors.length,
              label: errors.length < r.rows ? `row (the first ${errors.length})` : "row",
            }}
            format={(value) => significant(value, 3)}
            describe={(i) => `row ${i}: ${significant(errors[i]!, 4)}`}
          />
        );
      }}
    </Figure>
  );
}

type Work =
  | { state: "none" | "busy" }
  | { state: "failed"; message: string }
  | { state: "done"; text: string };

/** Saves a file that exists only in this tab. */
function save(file: File): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function Keep() {
  const [work, setWork] = useState<Work>({ state: "none" });
  const start = (kind: Download) => async () => {
    setWork({ state: "busy" });
    try {
      const file = await download(kind);
      save(file);
      setWork({ state: "done", text: `${file.name}, ${bytes(file.size)}` });
    } catch (error) {
      setWork({ state: "failed", message: error instanceof Error ? error.message : String(error) });
    }
  };
  const busy = work.state === "busy";
  const at = placeFor("kept");
  const about = at ? `${rowsText("kept")}, ${whole(columnsOf(at.tensor))} columns` : "";
  return (
    <fieldset class="control span">
      <legend class="control-name">Download the result: {about}</legend>
      <div class="buttons">
        <button type="button" class="plain-button" disabled={busy || !at} onClick={start("npy")}>
          restored values (npy)
        </button>
        <button type="button" class="plain-button" disabled={busy || !at} onClick={start("safetensors")}>
          with codes and scales (safetensors)
        </button>
      </div>
      <p class="hint" role="status">
        {busy ? "quantizing" : work.state === "done" ? `saved: ${work.text}` : ""}
      </p>
      {work.state === "failed" ? (
        <p class="problem" role="alert">
          {work.message}
        </p>
      ) : null}
    </fieldset>
  );
}
