// The reference model as a diagram: each box that holds weights can be opened.
import { computed } from "@preact/signals";
import { type ComponentChildren, Fragment } from "preact";
import { Columns } from "../../charts/columns";
import { type Answer, ask, askEach } from "../../core/ask";
import { modelStatus } from "../../core/model";
import type { ModelResponse, QuantizeRequest, StatisticsResponse } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { Figure } from "../../ui/figure";
import { bytes, decimals, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { methodName } from "../shared/settings-text";
import { kAttention, kFeedForward, tensorIn } from "../shared/tensors";

const kEmbedding = "model.embed_tokens.weight";
const kFinalNorm = "model.norm.weight";
const kBlocks = 4;

/** `part` is the box that is open, `block` the number of its block, from 1. */
const view = viewState("transformer", { part: "mlp.down_proj", block: 1 });
const nameNow = (): string => nameOf(view.value.part);
const nameOf = (part: string): string =>
  part.startsWith("model.") ? part : tensorIn(view.value.block - 1, part);
const isNorm = (name: string): boolean => name.includes("norm");

/** Ways to store what the box holds, from 16 bits down. */
const kWays: readonly (readonly [name: string, settings: Partial<QuantizeRequest> & { method: string }])[] = [
  ["FP16", { method: "f16" }],
  ["INT8, a scale a row", { method: "rtn", bits: 8, scheme: "symmetric", granularity: "channel" }],
  ["INT4, groups of 64", { method: "rtn", bits: 4, granularity: "group", group_size: 64 }],
  ["NF4", { method: "nf4" }],
  [methodName("mxfp4_ocp"), { method: "mxfp4_ocp" }],
  ["INT2, groups of 64", { method: "rtn", bits: 2, granularity: "group", group_size: 64 }],
];

const about = ask(() => ({ op: "model" as const }));
const values = ask(() => ({ op: "statistics" as const, of: "weights" as const, layer: nameNow(), bins: 61 }));
const stored = () => kWays.map(([, way]) => ({ op: "quantize" as const, ...way, layer: nameNow() }));
const sizes = askEach(stored);
/** What all norms take together is the planner's. */
const norms = ask(() =>
  isNorm(nameNow()) ? { op: "memory" as const, model: "reference", weights: "f16", context: 1 } : undefined,
);

interface Shown {
  about: ModelResponse;
  values: StatisticsResponse | undefined;
}
/** The picture comes whole at first, or it would grow under the reader; then it stays, and with it the box in focus. */
let shown = false;
const result: Answer<Shown> = {
  ...about,
  value: computed(() => {
    const [model, own] = [about.value.value, values.value.value];
    shown ||= model !== undefined && own !== undefined && sizes.value.value !== undefined;
    return model && shown ? { about: model, values: own } : undefined;
  }),
  error: computed(() => about.error.value ?? values.error.value ?? sizes.error.value),
  stale: computed(
    () =>
      modelStatus.value.state !== "missing" && (about.stale.value || values.stale.value || sizes.stale.value),
  ),
  request: computed(() => values.request.value ?? about.request.value),
};

function Box({ part, name, model }: { part: string; name: string; model: ModelResponse }) {
  const tensor = model.tensors.find((one) => one.name === nameOf(part));
  const shape = tensor ? (isNorm(tensor.name) ? whole(tensor.columns * tensor.rows) : shapeOf(tensor)) : "";
  return (
    <button
      type="button"
      class={isNorm(part) ? "block is-norm" : "block"}
      aria-pressed={view.value.part === part}
      onClick={() => view.set({ part })}
    >
      {name}
      <small>{shape}</small>
    </button>
  );
}
/** A tensor's name, which a narrow screen may break after a dot. */
const Named = ({ name }: { name: string }) => (
  <b class="is-original">
    {name.split(".").map((part, i) => (
      <Fragment key={i}>
        {i > 0 ? "." : ""}
        {i > 0 ? <wbr /> : null}
        {part}
      </Fragment>
    ))}
  </b>
);
const shapeOf = (tensor: { rows: number; columns: number }): string =>
  `${tensor.rows} \u00d7 ${tensor.columns}`;
/** What comes next, with the arrow that leads to it. */
const Next = ({ children }: { children: ComponentChildren }) => (
  <span class="block-step">
    <span class="block-arrow" aria-hidden="true">
      {"\u2192"}
    </span>
    {children}
  </span>
);

function Diagram({ model }: { model: ModelResponse }) {
  const c = model.config;
  return (
    <section class="blocks" aria-label="The model, from the byte it reads to the one it predicts">
      <div class="block-row">
        <span class="block-word">a byte</span>
        <Next>
          <Box part={kEmbedding} name="embedding" model={model} />
        </Next>
      </div>
      <div class="block-layer">
        <span class="block-word">
          {String(c.num_hidden_layers)} blocks like this; you see block {view.value.block}
        </span>
        <div class="block-row">
          <Box part="input_layernorm" name="RMSNorm" model={model} />
          <Next>
            <span class="block-group">
              {kAttention.slice(0, 3).map((kind) => (
                <Box key={kind.part} part={kind.part} name={kind.name} model={model} />
              ))}
            </span>
          </Next>
          <Next>
            <span class="block-word">RoPE turns Q and K</span>
          </Next>
          <Next>
            <span class="block-cache">
              KV cache
              <small>
                {String(c.num_key_value_heads)} keys, {String(c.num_key_value_heads)} values of{" "}
                {String(c.head_dim)} a token
              </small>
            </span>
          </Next>
          <Next>
            <span class="block-word">attention: {String(c.num_attention_heads)} heads share them</span>
          </Next>
          <Next>
            <Box part="self_attn.o_proj" name="output (O)" model={model} />
          </Next>
          <span class="block-word">added to the row</span>
        </div>
        <div class="block-row">
          <Box part="post_attention_layernorm" name="RMSNorm" model={model} />
          <Next>
            <span class="block-group">
              {kFeedForward.slice(0, 2).map((kind) => (
                <Box key={kind.part} part={kind.part} name={kind.name} model={model} />
              ))}
            </span>
          </Next>
          <Next>
            <span class="block-word">SiLU(gate) {"\u00d7"} up</span>
          </Next>
          <Next>
            <Box part="mlp.down_proj" name="down" model={model} />
          </Next>
          <span class="block-word">added to the row</span>
        </div>
      </div>
      <div class="block-row">
        <Box part={kFinalNorm} name="RMSNorm" model={model} />
        <Next>
          <span class="block-word">the embedding again, turned round, scores all 256 bytes</span>
        </Next>
      </div>
    </section>
  );
}

export function Blocks() {
  return (
    <Figure
      title="Every box with weights can be opened"
      lead="The reference model, drawn as it is; choose a box to see its numbers. In the words of the trade: RMSNorm before each part, rotary positions (RoPE), grouped-query attention, SwiGLU."
      result={result}
      view={view}
      command={() => [result.request.value ?? [], norms.request.value ?? [], stored()].flat()}
      controls={
        <Slider
          field={view.field("block")}
          name="Block"
          minimum={1}
          maximum={kBlocks}
          unit={`of ${kBlocks}`}
        />
      }
      sentence={(r) => {
        const tensor = r.about.tensors.find((one) => one.name === nameNow());
        if (!tensor) return null;
        const stored = sizes.value.value?.items;
        const all = norms.value.value?.weights;
        return isNorm(tensor.name) ? (
          <>
            <Named name={tensor.name} /> has {whole(tensor.rows * tensor.columns)} of{" "}
            {whole(r.about.parameters)} numbers
            {all ? `; all norms together take ${bytes(all.norms)} of ${bytes(all.total)} in 16 bits` : ""}:
            too few to be worth rounding. Each scales one number of the row.
          </>
        ) : (
          <>
            <Named name={tensor.name} /> has {whole(tensor.rows * tensor.columns)} of{" "}
            {whole(r.about.parameters)} weights
            {stored?.[2] ? (
              <>
                : {bytes(stored[0]!.bytes)} in 16 bits, <b class="is-quantized">{bytes(stored[2].bytes)}</b>{" "}
                in 4
              </>
            ) : null}
            .{" "}
            {r.values ? (
              <>
                The largest is <b class="is-outlier">{decimals(r.values.max_over_rms, 1)} times</b> their
                usual size, the root mean square.
              </>
            ) : null}
          </>
        );
      }}
      table={() => ({
        caption: `${nameNow()}, stored in other ways`,
        columns: ["format", "bits a weight", "bytes", "mean squared error of the numbers"],
        rows: (sizes.value.value?.items ?? []).map((item, i) => [
          kWays[i]![0],
          decimals(item.bits_per_weight, 3),
          whole(item.bytes),
          significant(item.weight_mse, 4),
        ]),
      })}
    >
      {(r) => (
        <>
          <Diagram model={r.about} />
          <div class="block-values">
            {r.values ? (
              <>
                <Columns
                  label={`How many numbers of ${nameNow()} have which value.`}
                  unit="numbers"
                  kind="original"
                  values={r.values.histogram.counts}
                  axis={{ low: r.values.histogram.low, high: r.values.histogram.high, label: "value" }}
                  format={(value) => whole(value)}
                  describe={(i) =>
                    `part ${i + 1} of ${r.values!.histogram.counts.length}: ${whole(r.values!.histogram.counts[i]!)} numbers`
                  }
                />
                <dl class="figures-row is-even">
                  {(sizes.value.value?.items ?? []).map((item, i) => (
                    <div key={kWays[i]![0]}>
                      <dt>{kWays[i]![0]}</dt>
                      <dd>{bytes(item.bytes)}</dd>
                    </div>
                  ))}
                </dl>
              </>
            ) : null}
          </div>
        </>
      )}
    </Figure>
  );
}
