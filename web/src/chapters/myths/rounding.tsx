// Myths about rounding: the sign of the zero-point, AWQ, groups, NF4.
import { Bars } from "../../charts/bars";
import { HeatMap } from "../../charts/heat-map";
import { ask, askEach } from "../../core/ask";
import type { QuantizeRequest } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { Choice } from "../../ui/choice";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { decimals, plain, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { layerFrom } from "../shared/layer-choice";

const kFive = [0.15, -0.32, 0.87, -1.23, 2.45];
/** Sixty-four marks of a ruler: no value more likely than another. */
const kEven = Array.from({ length: 64 }, (_, i) => (2 * i - 63) / 63);

const errorBar = (value: number) => ({ kind: "error" as const, value, text: significant(value, 3) });

// --- the sign of the zero-point

const sign = viewState("myth-sign", { bits: 4 });
const signs = askEach(() =>
  ["right", "wrong"].map((zero_point_sign) => ({
    op: "affine" as const,
    values: kFive,
    bits: sign.value.bits,
    scheme: "asymmetric",
    zero_point_sign,
  })),
);

export function Sign() {
  const bits = sign.field("bits");
  return (
    <Figure
      title="Five numbers, rounded with either sign"
      result={signs}
      view={sign}
      command={() => ({
        op: "affine",
        values: kFive,
        bits: sign.value.bits,
        scheme: "asymmetric",
        zero_point_sign: "wrong",
      })}
      receipt={(r) => r.items[1]!.receipt}
      controls={<Slider field={bits} name="Bits" minimum={2} maximum={8} unit="bits" />}
      sentence={(r) => {
        const [right, wrong] = [r.items[0]!, r.items[1]!];
        return (
          <>
            With <DragNumber field={bits} name="Bits" minimum={2} maximum={8} /> bits the zero-point is{" "}
            {whole(right.zero_point)}, with the wrong sign {whole(wrong.zero_point)}. The mean squared error
            is {significant(right.mse, 3)} and <b class="is-error">{significant(wrong.mse, 3)}</b>, with{" "}
            {wrong.clamped} of {kFive.length} numbers off the ruler.
          </>
        );
      }}
      table={(r) => ({
        caption: "What each number comes back as",
        columns: ["number", "right sign", "wrong sign"],
        rows: kFive.map((value, i) => [
          plain(value),
          significant(r.items[0]!.values[i]!.restored, 5),
          significant(r.items[1]!.values[i]!.restored, 5),
        ]),
      })}
    >
      {(r) => (
        <Bars
          label="Mean squared error with the right and the wrong sign."
          unit="mean squared error"
          format={(value) => significant(value, 2)}
          legend={[{ kind: "error", name: "error", mark: "bar" }]}
          rows={[
            {
              name: "zero-point = lowest code \u2212 round(min / scale)",
              bars: [errorBar(r.items[0]!.mse)],
            },
            {
              name: "zero-point = round(min / scale) \u2212 lowest code",
              bars: [errorBar(r.items[1]!.mse)],
            },
          ]}
        />
      )}
    </Figure>
  );
}

// --- AWQ keeps one percent in 16 bits

const awq = viewState("myth-awq", { bits: 3, salient: 1 });
const awqLayer = (method: string, settings: Partial<QuantizeRequest>): QuantizeRequest => ({
  op: "quantize",
  method,
  bits: awq.value.bits,
  scheme: "asymmetric",
  group_size: 64,
  ...settings,
  synthetic: "64x256",
  synthetic_tokens: 128,
  synthetic_outliers: 20,
  seed: 1,
});
const awqs = askEach(() => [
  awqLayer("rtn", { granularity: "group" }),
  awqLayer("awq", {}),
  awqLayer("awq", { salient: awq.value.salient }),
]);

export function Salient() {
  const bits = awq.field("bits");
  return (
    <Figure
      title="One layer with a few large inputs, three ways"
      lead="A synthetic layer of 64 outputs and 256 inputs with a fixed seed, of which a few inputs are 20 times as large."
      result={awqs}
      view={awq}
      command={() => awqLayer("awq", {})}
      receipt={(r) => r.items[1]!.receipt}
      controls={
        <>
          <Slider field={bits} name="Bits of a weight" minimum={2} maximum={8} unit="bits" />
          <Slider
            field={awq.field("salient")}
            name="Kept in 16 bits instead"
            minimum={0.5}
            maximum={10}
            step={0.5}
            unit="%"
          />
        </>
      }
      sentence={(r) => {
        const [rtn, scaled, kept] = [r.items[0]!, r.items[1]!, r.items[2]!];
        return (
          <>
            AWQ stores <b class="is-quantized">{decimals(scaled.bits_per_weight, 3)} bits a weight</b>, plain
            rounding {decimals(rtn.bits_per_weight, 3)}: as many codes and scales, nothing beside them.
            Keeping {awq.value.salient}&nbsp;% of the inputs in 16 bits takes{" "}
            {decimals(kept.bits_per_weight, 3)}.
          </>
        );
      }}
      table={(r) => ({
        caption: "Size and error of the layer",
        columns: ["way", "bits a weight", "error of the outputs"],
        rows: r.items.map((item, i) => [
          kAwqWays[i]!,
          decimals(item.bits_per_weight, 4),
          significant(item.output_mse ?? Number.NaN, 5),
        ]),
      })}
    >
      {(r) => (
        <Bars
          label="Error of the layer's outputs, three ways."
          unit="mean squared error of the outputs"
          format={(value) => significant(value, 2)}
          legend={[{ kind: "error", name: "error of the outputs", mark: "bar" }]}
          rows={r.items.map((item, i) => ({
            name: `${kAwqWays[i]}: ${decimals(item.bits_per_weight, 2)} bits a weight`,
            bars: [errorBar(item.output_mse ?? 0)],
          }))}
        />
      )}
    </Figure>
  );
}

const kAwqWays = [
  "Plain rounding",
  "AWQ: all rounded, large inputs scaled first",
  "Large inputs kept in 16 bits",
];

// --- a group is a group of channels

const kRows = 8;
const kColumns = 64;
const groups = viewState("myth-groups", { group_size: 16 });
const grouped = ask(() => ({
  op: "quantize" as const,
  method: "rtn",
  bits: 4,
  scheme: "symmetric",
  granularity: "group",
  group_size: groups.value.group_size,
  synthetic: `${kRows}x${kColumns}`,
  synthetic_tokens: 0,
  seed: 1,
  return: ["weights", "errors", "scales"],
}));

export function Groups() {
  return (
    <Figure
      title="Which weights share a scale"
      lead={`A synthetic layer with a fixed seed: ${kRows} outputs with ${kColumns} inputs each. A box is one group.`}
      result={grouped}
      view={groups}
      controls={
        <Slider
          field={groups.field("group_size")}
          name="Group size"
          minimum={8}
          maximum={64}
          stops={[8, 16, 32, 64]}
          unit="weights"
        />
      }
      sentence={(r) => {
        const [rows = 0, perRow = 0] = r.arrays.scales!.shape;
        return (
          <>
            There are {whole(r.arrays.scales!.data.length)} scales: {rows} rows with{" "}
            <b class="is-scale">{perRow} each</b>. No group reaches from one row into another.
          </>
        );
      }}
      table={(r) => {
        const { data, shape } = r.arrays.scales!;
        const perRow = shape[1] ?? 1;
        const groupsOfRow = Array.from({ length: perRow }, (_, g) => g);
        return {
          caption: "The scale of each group",
          columns: ["output", ...groupsOfRow.map((g) => `group ${g + 1}`)],
          rows: Array.from({ length: kRows }, (_, row) => [
            row + 1,
            ...groupsOfRow.map((g) => significant(data[row * perRow + g]!, 4)),
          ]),
        };
      }}
    >
      {(r) => (
        <HeatMap
          label="Error of each weight, with the groups as boxes."
          rows={kRows}
          columns={kColumns}
          values={r.arrays.errors!.data}
          kind="error"
          height={220}
          unit="error"
          format={(value) => significant(value, 2)}
          rowName="outputs"
          columnName="inputs"
          groupColumns={groups.value.group_size}
          groupRows={1}
          describe={(row, column) =>
            `output ${row + 1}, input ${column + 1}: weight ${significant(r.arrays.weights!.data[row * kColumns + column]!, 3)}, error ${significant(r.arrays.errors!.data[row * kColumns + column]!, 2)}`
          }
        />
      )}
    </Figure>
  );
}

// --- NF4 is always best at 4 bits

const nf4 = viewState("myth-nf4", { data: "even" });
const kBell = { synthetic: "64x256", synthetic_tokens: 0, seed: 1 } as const;
const nf4Numbers = () => {
  if (nf4.value.data === "even") return { values: kEven };
  return nf4.value.data === "model" ? layerFrom("model.layers.0.mlp.down_proj.weight", kBell) : kBell;
};
const nf4Request = (method: string): QuantizeRequest => ({
  op: "quantize",
  method,
  ...(method === "rtn"
    ? { bits: 4, scheme: "asymmetric", granularity: "group", group_size: 64 }
    : { block_size: 64 }),
  ...nf4Numbers(),
});
const kNf4Names = ["NF4", "INT4, with a zero-point"] as const;
const nf4s = askEach(() => [nf4Request("nf4"), nf4Request("rtn")]);

export function Nf4() {
  return (
    <Figure
      title="NF4 beside plain 4-bit integers, in blocks of 64"
      result={nf4s}
      view={nf4}
      command={() => nf4Request("nf4")}
      receipt={(r) => r.items[0]!.receipt}
      controls={
        <Choice
          field={nf4.field("data")}
          name="The numbers"
          options={[
            ["even", "evenly spread"],
            ["bell", "a bell curve"],
            ["model", "weights of the reference model"],
          ]}
        />
      }
      sentence={(r) => {
        const [table, integers] = [r.items[0]!, r.items[1]!];
        return (
          <>
            NF4 takes {decimals(table.bits_per_weight, 2)} bits and has an error of{" "}
            <b class="is-error">{significant(table.weight_mse, 3)}</b>, integers take{" "}
            {decimals(integers.bits_per_weight, 2)} and have{" "}
            <b class="is-error">{significant(integers.weight_mse, 3)}</b>.{" "}
            {integers.weight_mse < table.weight_mse
              ? "Here the even ruler, fitted to both ends, errs less."
              : "Here the table errs less."}
          </>
        );
      }}
      table={(r) => ({
        caption: "Size and error of both",
        columns: ["format", "bits a weight", "mean squared error"],
        rows: r.items.map((item, i) => [
          kNf4Names[i]!,
          decimals(item.bits_per_weight, 4),
          significant(item.weight_mse, 5),
        ]),
      })}
    >
      {(r) => (
        <Bars
          label="Mean squared error of NF4 and of 4-bit integers."
          unit="mean squared error"
          format={(value) => significant(value, 2)}
          legend={[{ kind: "error", name: "error", mark: "bar" }]}
          rows={[
            { name: kNf4Names[0], bars: [errorBar(r.items[0]!.weight_mse)] },
            { name: kNf4Names[1], bars: [errorBar(r.items[1]!.weight_mse)] },
          ]}
        />
      )}
    </Figure>
  );
}
