import { ask } from "../../core/ask";
import type { ProductsResponse } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { Cells } from "../../ui/cells";
import { Choice } from "../../ui/choice";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { decimals, plain, significant } from "../../ui/format";
import { Slider } from "../../ui/slider";

const view = viewState("linear-layer", {
  bits: 3,
  scheme: "symmetric",
  values: [0.62, -0.38, -0.21, 0.47],
  inputs: [1.2, -0.7],
  bias: [-0.11, 0.021],
});

const result = ask(() => ({
  op: "products" as const,
  method: "rtn",
  bits: view.value.bits,
  scheme: view.value.scheme,
  granularity: "tensor",
  values: view.value.values,
  inputs: view.value.inputs,
  bias: view.value.bias,
}));

export function ByHand() {
  const bits = view.field("bits");
  return (
    <Figure
      title="Two inputs, two outputs, and what four rounded weights do to them"
      result={result}
      view={view}
      controls={
        <>
          <Slider field={bits} name="Bits of a weight" minimum={2} maximum={8} unit="bits" />
          <Choice
            field={view.field("scheme")}
            name="Ruler"
            hint="With zero in its middle, or from the smallest weight to the largest."
            options={[
              ["symmetric", "symmetric"],
              ["asymmetric", "asymmetric"],
            ]}
          />
          <Cells
            field={view.field("values")}
            name="Weights"
            columns={2}
            label={(i) => `weight of output ${Math.floor(i / 2) + 1} for input ${(i % 2) + 1}`}
          />
          <Cells field={view.field("inputs")} name="Inputs" label={(i) => `input ${i + 1}`} />
          <Cells field={view.field("bias")} name="Biases" label={(i) => `bias of output ${i + 1}`} />
        </>
      }
      sentence={(r) => (
        <>
          By hand the outputs are{" "}
          <b class="is-original">{r.outputs.map((o) => decimals(o.output, 2)).join(" and ")}</b>. With weights
          of <DragNumber field={bits} name="Bits of a weight" minimum={2} maximum={8} /> bits they become{" "}
          <b class="is-quantized">{r.outputs.map((o) => decimals(o.quantized_output, 2)).join(" and ")}</b>,
          so they are off by <b class="is-error">{r.outputs.map((o) => signed(o.error, 2)).join(" and ")}</b>.
        </>
      )}
      table={(r) => ({
        caption: "Each product before and after rounding",
        columns: ["output", "input", "weight", "stored as", "product", "rounded product", "error"],
        naming: 2,
        rows: r.outputs.flatMap((o, row) =>
          o.products.map((p) => [
            `y${row + 1}`,
            plain(p.input),
            plain(p.weight),
            significant(p.stored, 4),
            significant(p.product, 4),
            significant(p.quantized_product, 4),
            significant(p.error, 3),
          ]),
        ),
      })}
    >
      {(r) => <Working response={r} />}
    </Figure>
  );
}

const signed = (value: number, digits: number) => `${value > 0 ? "+" : ""}${significant(value, digits)}`;

/** The sums written out, the exact one above the rounded one. */
function Working({ response }: { response: ProductsResponse }) {
  return (
    <div class="working">
      {response.outputs.map((output, row) => (
        <div class="sum" key={row}>
          <p class="is-original">
            <span class="sum-name">
              y<sub>{row + 1}</sub>
            </span>
            {output.products.map((p, i) => (
              <span class="product" key={i}>
                {i > 0 ? "+ " : ""}
                {bracketed(p.weight)} &times; {bracketed(p.input)}
                <small>{decimals(p.product, 3)}</small>
              </span>
            ))}
            <span class="product">
              + {bracketed(output.bias)}
              <small>bias</small>
            </span>
            <b>= {decimals(output.output, 3)}</b>
          </p>
          <p class="is-quantized">
            <span class="sum-name">stored</span>
            {output.products.map((p, i) => (
              <span class="product" key={i}>
                {i > 0 ? "+ " : ""}
                {bracketed(Number(p.stored.toFixed(3)))} &times; {bracketed(p.input)}
                <small class="is-error">error {signed(p.error, 2)}</small>
              </span>
            ))}
            <span class="product">
              + {bracketed(output.bias)}
              <small>bias</small>
            </span>
            <b>= {decimals(output.quantized_output, 3)}</b>
          </p>
        </div>
      ))}
    </div>
  );
}

const bracketed = (value: number) => (value < 0 ? `(${plain(value)})` : plain(value));
