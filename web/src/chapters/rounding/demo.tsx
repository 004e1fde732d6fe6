import { extent } from "d3-array";
import { Columns } from "../../charts/columns";
import { Lines } from "../../charts/lines";
import { NumberLine } from "../../charts/number-line";
import { ask, askEach } from "../../core/ask";
import type { AffineRequest, QuantizeRequest, ResponseTo } from "../../core/requests";
import { together } from "../../core/together";
import { viewState } from "../../state/view-state";
import { Cells } from "../../ui/cells";
import { Choice } from "../../ui/choice";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { decimals, plain, significant } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { CodeRangeChoice, SchemeChoice } from "../shared/controls";
import { stepsTable } from "../shared/steps-table";
import { bitsOf } from "./bits";

const kBits = [1, 2, 3, 4, 5, 6, 7, 8];
const kMost = 12;

const view = viewState("rounding", {
  bits: 4,
  scheme: "symmetric",
  code_range: "restricted",
  rounding: "even",
  clip_ratio: 1,
  group_size: kMost,
  values: [0.15, -0.32, 0.87, -1.23, 2.45],
});

const settings = (bits: number) => ({
  bits,
  scheme: view.value.scheme,
  code_range: view.value.code_range,
  rounding: view.value.rounding,
  clip_ratio: view.value.clip_ratio,
  values: view.value.values,
  group_size: Math.min(view.value.group_size, view.value.values.length),
});
const layer = (bits: number): QuantizeRequest => ({ op: "quantize", method: "rtn", ...settings(bits) });

const steps = ask(() => ({ op: "affine" as const, ...settings(view.value.bits) }));
const measured = ask(() => layer(view.value.bits));
const both = together(steps, measured);
const byBits = askEach(() => kBits.map(layer));

export function YourNumbers() {
  const bits = view.field("bits");
  const groups = Math.ceil(view.value.values.length / view.value.group_size);
  return (
    <Figure
      title="Your numbers, their codes, and what comes back"
      result={both}
      view={view}
      command={() => measured.request.value}
      controls={
        <>
          <Cells field={view.field("values")} name="Numbers" most={kMost} />
          <Slider field={bits} name="Bits" minimum={1} maximum={8} unit="bits" />
          <Slider
            field={view.field("group_size")}
            name="Share a scale"
            minimum={2}
            maximum={kMost}
            unit="numbers"
            hint={groups === 1 ? "All of them share one." : `${groups} scales.`}
          />
          <SchemeChoice view={view} />
          <CodeRangeChoice view={view} />
          <Choice
            field={view.field("rounding")}
            name="Rounding"
            options={[
              ["even", "nearest"],
              ["away", "away"],
              ["floor", "down"],
              ["stochastic", "chance"],
            ]}
          />
          <Slider field={view.field("clip_ratio")} name="Range kept" minimum={0.05} maximum={1} step={0.05} />
        </>
      }
      sentence={(r) => {
        const m = measured.value.value!;
        return (
          <>
            At <DragNumber field={bits} name="Bits" minimum={1} maximum={8} /> bits the mean squared error is{" "}
            <b class="is-error" data-value="mse">
              {significant(r.mse, 4)}
            </b>
            {r.sqnr_db === null
              ? ", that is none at all"
              : `; the numbers lie ${decimals(r.sqnr_db, 1)}\u00a0dB above their errors`}
            . {cost(r.groups.length)}, each number takes {decimals(m.bits_per_weight, 1)} bits.
          </>
        );
      }}
      table={(r) => stepsTable(r, "Every step for every number")}
    >
      {(r) => (
        <>
          <Rulers response={r} />
          <CodeRow
            codes={r.values.map((v) => v.code)}
            bits={view.value.bits}
            values={r.values.map((v) => v.value)}
            restored={r.values.map((v) => v.restored)}
          />
          <Columns
            label="The error of each number."
            unit="error: what comes back minus what was there"
            kind="error"
            values={r.values.map((v) => v.error)}
            names={r.values.map((v) => plain(v.value))}
            format={(value) => significant(value, 2)}
            describe={(i) => `${plain(r.values[i]!.value)}: error ${significant(r.values[i]!.error, 4)}`}
            height={200}
          />
        </>
      )}
    </Figure>
  );
}

const cost = (groups: number) =>
  groups === 1 ? "With the scale shared out" : `With ${groups} scales, one for each group`;

/** A ruler for each group, all drawn at the same size. */
function Rulers({ response: r }: { response: ResponseTo<AffineRequest> }) {
  const restored = r.arrays.restored!.data;
  const lattice = r.arrays.lattice!.data;
  const marks = lattice.length / r.groups.length;
  const [low = -1, high = 1] = extent([...r.values.map((v) => v.value), ...lattice]);
  return (
    <>
      {r.groups.map(({ first, numbers }, g) => (
        <NumberLine
          key={g}
          label={
            r.groups.length === 1
              ? "Your numbers above the ruler, each joined to where it lands."
              : `Group ${g + 1} of your numbers above its own ruler.`
          }
          unit={r.groups.length === 1 ? "value" : `value, group ${g + 1}`}
          originals={r.values.slice(first, first + numbers).map((v) => v.value)}
          restored={restored.slice(first, first + numbers)}
          lattice={lattice.slice(g * marks, (g + 1) * marks)}
          domain={[low, high]}
          legend={g === 0}
          format={(value) => significant(value, 3)}
          describe={(i) => {
            const v = r.values[first + i]!;
            return `${plain(v.value)} is stored as code ${plain(v.code)} and comes back as ${significant(v.restored, 4)}`;
          }}
        />
      ))}
    </>
  );
}

interface CodeRowProps {
  values: number[];
  codes: number[];
  restored: number[];
  bits: number;
}

/** What is really stored, one short pattern of bits for each number, and what comes back of it. */
function CodeRow({ values, codes, restored, bits }: CodeRowProps) {
  return (
    <dl class="codes">
      {codes.map((code, i) => (
        <div key={i}>
          <dt>{plain(values[i]!)}</dt>
          <dd>
            <span class="bits is-quantized">{bitsOf(code, bits)}</span>
            <small>{plain(code)}</small>
          </dd>
          <dd class="is-quantized">= {significant(restored[i]!, 4)}</dd>
        </div>
      ))}
    </dl>
  );
}

export function ErrorByBits() {
  return (
    <Figure
      title="One bit less, about four times the squared error"
      result={byBits}
      view={view}
      sentence={(r) => {
        const at = kBits.indexOf(view.value.bits);
        const [less, here] = [r.items[at - 1], r.items[at]];
        return (
          <>
            With the numbers and settings above,{" "}
            {view.value.bits === 1 ? "1 bit leaves" : `${view.value.bits} bits leave`}{" "}
            <b class="is-error">{here ? significant(here.weight_mse, 3) : ""}</b>
            {less ? `; one bit less leaves ${significant(less.weight_mse, 3)}` : ""}.
          </>
        );
      }}
      table={(r) => ({
        caption: "Mean squared error at each number of bits",
        columns: ["bits", "mean squared error"],
        rows: r.items.map((item, i) => [kBits[i]!, significant(item.weight_mse, 6)]),
      })}
    >
      {(r) => (
        <Lines
          label="Mean squared error against bits."
          xs={kBits}
          series={[
            { name: "mean squared error", kind: "error", values: r.items.map((item) => item.weight_mse) },
          ]}
          xLabel="bits"
          yLabel="mean squared error"
          yFormat={(value) => significant(value, 3)}
          logY
          here={view.value.bits}
        />
      )}
    </Figure>
  );
}
