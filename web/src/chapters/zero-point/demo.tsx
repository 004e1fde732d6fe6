import { NumberLine } from "../../charts/number-line";
import { ask } from "../../core/ask";
import type { AffineResponse } from "../../core/requests";
import { together } from "../../core/together";
import { viewState } from "../../state/view-state";
import { Cells } from "../../ui/cells";
import { Switch } from "../../ui/choice";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { plain, significant } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { stepsTable } from "../shared/steps-table";

const view = viewState("zero-point", { bits: 4, wrong: false, values: [-0.4, 0.15, 0.87, 1.6, 2.45] });

const request = (sign: string) => ({
  op: "affine" as const,
  values: view.value.values,
  bits: view.value.bits,
  scheme: "asymmetric",
  zero_point_sign: sign,
});
const result = ask(() => request(view.value.wrong ? "wrong" : "right"));
const right = ask(() => request("right"));
const both = together(result, right);

export function StepByStep() {
  const bits = view.field("bits");
  const values = view.value.values;
  return (
    <Figure
      title="From numbers to codes and back, one step at a time"
      result={both}
      view={view}
      controls={
        <>
          <Cells field={view.field("values")} name="Numbers" most={8} />
          <Slider field={bits} name="Bits of a code" minimum={2} maximum={8} unit="bits" />
          <Switch field={view.field("wrong")} name="Wrong sign" hint="z = round(min / s) instead" />
        </>
      }
      sentence={(r) =>
        view.value.wrong && r.zero_point === r.right_zero_point ? (
          <>
            Here either sign gives a zero-point of {plain(r.zero_point)}: no number is far enough below zero
            for the sign to matter.
          </>
        ) : view.value.wrong ? (
          <>
            With the sign turned over the zero-point is {plain(r.zero_point)} instead of{" "}
            {plain(r.right_zero_point)}: {r.clamped} of {values.length} numbers fall off the ruler, and the
            mean squared error is <b class="is-error">{significant(r.mse, 3)}</b> instead of{" "}
            {significant(right.value.value!.mse, 3)}.
          </>
        ) : (
          <>
            With <DragNumber field={bits} name="Bits of a code" minimum={2} maximum={8} /> bits a step is{" "}
            <b class="is-scale">{significant(r.scale, 4)}</b> and code{" "}
            <b class="is-scale">{plain(r.zero_point)}</b> means zero. No number moves by more than half a
            step; the largest error is <b class="is-error">{significant(r.max_error, 3)}</b>.
          </>
        )
      }
      table={(r) => stepsTable(r, "Every step for every number")}
    >
      {(r) => (
        <>
          <NumberLine
            label="The numbers above the ruler of codes, each joined to where it lands."
            unit="value"
            originals={r.values.map((v) => v.value)}
            restored={r.arrays.restored!.data}
            lattice={r.arrays.lattice!.data}
            format={(value) => significant(value, 3)}
            describe={(i) => stepsOf(r, i)}
          />
          <Derivation response={r} wrong={view.value.wrong} bits={view.value.bits} />
        </>
      )}
    </Figure>
  );
}

function stepsOf(r: AffineResponse, i: number): string {
  const v = r.values[i]!;
  return `${plain(v.value)} \u00f7 ${significant(r.scale, 4)} = ${significant(v.divided, 4)}, rounded ${v.rounded}, code ${v.code}${v.clamped ? " (clamped)" : ""}, back to ${significant(v.restored, 4)}`;
}

/** The scale and the zero-point with the reader's own numbers in them. */
function Derivation({
  response: r,
  wrong,
  bits,
}: {
  response: AffineResponse;
  wrong: boolean;
  bits: number;
}) {
  const row = (symbol: string) => r.receipt.find((line) => line.symbol === symbol)?.value;
  const low = significant(row("minimum") ?? r.minimum, 4);
  const high = significant(row("maximum") ?? r.maximum, 4);
  return (
    <ol class="steps">
      <li>
        <b>Range</b>
        <span class="worked">smallest and largest number, zero included</span>
        <output>
          {low} to {high}
        </output>
      </li>
      <li>
        <b class="is-scale">Scale s</b>
        <span class="worked">
          ({high} &minus; {r.minimum < 0 ? `(${low})` : low}) &divide; (2<sup>{bits}</sup> &minus; 1)
        </span>
        <output class="is-scale">{significant(r.scale, 5)}</output>
      </li>
      <li>
        <b class="is-scale">Zero-point z</b>
        <span class="worked">
          {wrong ? "" : `${r.code_minimum} \u2212 `}round({low} &divide; {significant(r.scale, 4)})
          {wrong ? ` \u2212 ${r.code_minimum}` : ""}
        </span>
        <output class={wrong ? "is-error" : "is-scale"}>{plain(r.zero_point)}</output>
      </li>
      <li>
        <b class="is-quantized">Codes q</b>
        <span class="worked">
          round(number &divide; s) + z, kept within {r.code_minimum} and {r.code_maximum}
        </span>
        <output class="is-quantized">{r.values.map((v) => plain(v.code)).join(", ")}</output>
      </li>
    </ol>
  );
}
