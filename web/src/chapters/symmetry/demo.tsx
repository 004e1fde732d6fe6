import { NumberLine } from "../../charts/number-line";
import { ask } from "../../core/ask";
import { viewState } from "../../state/view-state";
import { Cells } from "../../ui/cells";
import { Choice } from "../../ui/choice";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { plain, significant } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { stepsTable } from "../shared/steps-table";

/** One list that leans to neither side, one that is nearly all positive, as an activation function's outputs are. */
const kLists: Record<string, readonly number[]> = {
  weights: [-0.83, -0.41, -0.22, -0.06, 0.09, 0.3, 0.55, 0.79],
  activations: [-0.28, -0.2, -0.05, 0.02, 0.31, 0.74, 1.62, 2.9],
};

const view = viewState("symmetry", {
  bits: 3,
  scheme: "symmetric",
  code_range: "restricted",
  list: "activations",
  own: kLists.weights!,
});
const values = () => kLists[view.value.list] ?? view.value.own;
const request = (scheme: string, range: string) => ({
  op: "affine" as const,
  values: values(),
  bits: view.value.bits,
  scheme,
  code_range: range,
});
const result = ask(() => request(view.value.scheme, view.value.code_range));
const other = ask(() =>
  request(view.value.scheme === "symmetric" ? "asymmetric" : "symmetric", view.value.code_range),
);

export function TwoRulers() {
  const bits = view.field("bits");
  const symmetric = view.value.scheme === "symmetric";
  return (
    <Figure
      title="The same numbers on a ruler with zero in the middle, and on one that fits them"
      result={result}
      view={view}
      height={252}
      controls={
        <>
          <Choice
            field={view.field("list")}
            name="Numbers"
            options={[
              ["weights", "like weights"],
              ["activations", "like activations"],
              ["own", "your own"],
            ]}
          />
          <Choice
            field={view.field("scheme")}
            name="Codes"
            options={[
              ["symmetric", "symmetric"],
              ["asymmetric", "asymmetric"],
            ]}
          />
          <Slider field={bits} name="Bits of a code" minimum={2} maximum={8} unit="bits" />
          <Choice
            field={view.field("code_range")}
            name="Symmetric range"
            options={[
              ["restricted", "restricted"],
              ["full", "full"],
            ]}
          />
          {view.value.list === "own" ? (
            <Cells field={view.field("own")} name="Your numbers" most={10} />
          ) : null}
        </>
      }
      sentence={(r) => {
        const before = other.value.value;
        return (
          <>
            {symmetric ? "Symmetric" : "Asymmetric"} codes of{" "}
            <DragNumber field={bits} name="Bits of a code" minimum={2} maximum={8} /> bits run from{" "}
            {plain(r.code_minimum)} to {plain(r.code_maximum)} with a step of{" "}
            <b class="is-scale">{significant(r.scale, 3)}</b>. The mean squared error is{" "}
            <b class="is-error">{significant(r.mse, 3)}</b>
            {before
              ? `; ${symmetric ? "asymmetric" : "symmetric"} codes would give ${significant(before.mse, 3)}.`
              : "."}
          </>
        );
      }}
      table={(r) => stepsTable(r, "Every step for every number")}
    >
      {(r) => (
        <NumberLine
          label="The numbers above the ruler, each joined to where it lands."
          unit="value"
          originals={r.values.map((v) => v.value)}
          restored={r.arrays.restored!.data}
          lattice={r.arrays.lattice!.data}
          format={(value) => significant(value, 3)}
          describe={(i) => {
            const v = r.values[i]!;
            return `${plain(v.value)} becomes code ${plain(v.code)}${v.clamped ? ", clamped" : ""}, which is ${significant(v.restored, 4)}`;
          }}
        />
      )}
    </Figure>
  );
}
