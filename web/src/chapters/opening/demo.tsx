// The idea itself, which waits for no model: numbers that move to the marks of a ruler.
import { NumberLine } from "../../charts/number-line";
import { ask } from "../../core/ask";
import { viewState } from "../../state/view-state";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { plain, significant } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { stepsTable } from "../shared/steps-table";

export { Writing } from "./model";

const kValues = [-0.91, -0.58, -0.31, -0.12, 0.05, 0.22, 0.47, 0.66, 0.98];

const view = viewState("opening", { bits: 3 });
const result = ask(() => ({
  op: "affine" as const,
  bits: view.value.bits,
  scheme: "symmetric",
  values: kValues,
}));

export function Snap() {
  const bits = view.field("bits");
  return (
    <Figure
      title="Every number moves to the nearest mark; fewer bits, fewer marks"
      result={result}
      view={view}
      controls={<Slider field={bits} name="Bits for each number" minimum={2} maximum={8} unit="bits" />}
      sentence={(r) => (
        <>
          With <DragNumber field={bits} name="Bits for each number" minimum={2} maximum={8} /> bits the ruler
          has <b class="is-quantized">{r.arrays.lattice!.data.length} marks</b>. The number that moves most is
          off by <b class="is-error">{significant(r.max_error, 2)}</b>.
        </>
      )}
      table={(r) =>
        stepsTable(r, "Each number, its code (the number of its mark), and what the code stands for")
      }
    >
      {(r) => (
        <NumberLine
          label="Nine numbers above a ruler, each joined to the mark it is stored as."
          unit="weight"
          originals={kValues}
          restored={r.arrays.restored!.data}
          lattice={r.arrays.lattice!.data}
          domain={[-1, 1]}
          format={plain}
          describe={(i) =>
            `${plain(kValues[i]!)} is stored as ${significant(r.values[i]!.restored, 3)}, off by ${significant(r.values[i]!.error, 2)}`
          }
        />
      )}
    </Figure>
  );
}
