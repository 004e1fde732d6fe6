// Everything put together, and every result of the visit on one plane.
import { computed } from "@preact/signals";
import { Scatter } from "../../charts/scatter";
import type { Answer } from "../../core/ask";
import { evaluateEach, visit } from "../../core/evaluate";
import type { EvalRequest } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { Choice, Select } from "../../ui/choice";
import { Figure } from "../../ui/figure";
import { bytes, decimals, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { kPlanted } from "../shared/layer-choice";
import { methodName, settingsText } from "../shared/settings-text";
import { sweep } from "../shared/sweep";
import { front } from "./pareto";

const kMethods = [
  ["rtn", "rounding to nearest"],
  ["gptq", "GPTQ"],
  ["awq", "AWQ"],
  ...["nf4", "q4_K", "mxfp4", "nvfp4"].map((id) => [id, methodName(id)] as const),
  ["none", "weights as they are"],
] as const;
const kWithBits = ["rtn", "gptq", "awq"];
const kCaches = ["f32", "int8", "int4", "int3", "int2"] as const;
const kFullBits = 16;

const view = viewState("stack", {
  before: "nothing",
  method: "gptq",
  bits: 4,
  group_size: 64,
  activation_bits: kFullBits,
  cache: "f32",
  outliers: "as trained",
  board: "near",
});

function request(): EvalRequest {
  const v = view.value;
  return {
    op: "eval",
    method: v.method,
    ...(kWithBits.includes(v.method) ? { bits: v.bits, group_size: v.group_size } : {}),
    ...(v.activation_bits < kFullBits ? { activation_bits: v.activation_bits } : {}),
    ...(v.before === "rotation" ? { rotate: true } : v.before === "smoothing" ? { smooth: 0.5 } : {}),
    ...(v.cache === "f32" ? {} : { kv_key: v.cache, kv_value: v.cache }),
    ...(v.outliers === "planted" ? { plant_outliers: kPlanted } : {}),
  };
}
const built = evaluateEach(() => [request()]);

export function Builder() {
  const { method, outliers } = view.value;
  return (
    <Figure
      title="Build a stack, and measure it"
      lead="First what is done to weights and inputs, then how the weights are rounded, then activations and cache. Each change is measured on the whole evaluation text."
      result={built}
      view={view}
      controls={
        <>
          <Choice
            field={view.field("before")}
            name="First"
            settles={["rotate", "smooth"]}
            options={[
              ["nothing", "nothing"],
              ["smoothing", "smoothing"],
              ["rotation", "rotation"],
            ]}
          />
          <Select field={view.field("method")} name="Weights" options={kMethods} />
          {kWithBits.includes(method) ? (
            <>
              <Slider field={view.field("bits")} name="Weight bits" minimum={2} maximum={8} unit="bits" />
              <Slider
                field={view.field("group_size")}
                name="Group size"
                minimum={32}
                maximum={256}
                stops={[32, 64, 128, 256]}
                unit="weights"
              />
            </>
          ) : null}
          <Slider
            field={view.field("activation_bits")}
            name="Activation bits"
            minimum={4}
            maximum={kFullBits}
            stops={[4, 6, 8, kFullBits]}
            unit="bits"
          />
          <Select
            field={view.field("cache")}
            name="KV cache"
            options={kCaches.map((id) => [id, id === "f32" ? "as it is" : `${id.slice(3)} bits`] as const)}
          />
          <Choice
            field={view.field("outliers")}
            name="Outliers of the model"
            options={[
              ["as trained", "as trained"],
              ["planted", `planted, ${kPlanted} times`],
            ]}
          />
        </>
      }
      sentence={(r) => {
        const item = r.items[0];
        if (!item) return null;
        const [low, high] = item.bits_per_byte_increase_ci95;
        return (
          <>
            <b class="is-scale">{decimals(item.quantized_bits_per_weight, 2)} bits a weight</b>,{" "}
            {bytes(item.bytes)} in all. Perplexity{" "}
            <b class="is-quantized">{significant(item.perplexity, 4)}</b>; a byte costs{" "}
            <b class="is-error">{significant(item.bits_per_byte_increase, 3)}</b> bits more than unquantized
            {low > 0 || item.bits_per_byte_increase === 0
              ? ""
              : high < 0
                ? ", that is less"
                : ", which may be chance"}
            .
            {outliers === "planted"
              ? " The planted outliers change nothing that the unquantized model computes."
              : ""}
          </>
        );
      }}
      table={(r) => {
        const item = r.items[0]!;
        const row = (name: string, value: number, [low, high]: readonly [number, number], digits = 5) => [
          name,
          significant(value, digits),
          `${significant(low, digits)} to ${significant(high, digits)}`,
        ];
        return {
          caption: `${whole(item.tokens)} bytes scored; intervals at 95\u00a0%`,
          columns: ["what", "value", "interval"],
          rows: [
            ["bits a quantized weight", decimals(item.quantized_bits_per_weight, 4), ""],
            ["bits a weight, all of them", decimals(item.bits_per_weight, 4), ""],
            ["bytes", whole(item.bytes), ""],
            row("bits a byte", item.bits_per_byte, item.bits_per_byte_ci95),
            row("bits a byte more", item.bits_per_byte_increase, item.bits_per_byte_increase_ci95),
            row("perplexity", item.perplexity, item.perplexity_ci95),
            row("KL divergence (nats a byte)", item.kl_divergence, item.kl_divergence_ci95),
            row("share of the same likeliest byte", item.top1_agreement, item.top1_agreement_ci95),
          ],
        };
      }}
    >
      {(r) => {
        const item = r.items[0];
        return (
          <dl class="figures-row is-even">
            {[
              ["bits a weight", item ? decimals(item.quantized_bits_per_weight, 2) : "\u2013"],
              ["size", item ? bytes(item.bytes) : "\u2013"],
              ["perplexity a byte", item ? significant(item.perplexity, 4) : "\u2013"],
              ["KL divergence (nats)", item ? significant(item.kl_divergence, 3) : "\u2013"],
              ["same next byte", item ? `${decimals(item.top1_agreement * 100, 1)}\u00a0%` : "\u2013"],
            ].map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        );
      }}
    </Figure>
  );
}

interface Entry {
  name: string;
  cost: number;
  loss: number;
  bitsMore: number;
  kl: number;
  yours: boolean;
}
/** What was measured on the whole text; shorter measurements do not compare. */
const entries = computed((): Entry[] => [
  ...sweep.map((row) => ({
    name: settingsText(row.settings),
    cost: row.quantized_bits_per_weight,
    loss: row.perplexity,
    bitsMore: row.bits_per_byte_increase,
    kl: row.kl_divergence,
    yours: false,
  })),
  ...visit.value
    .filter(({ request: asked }) => !asked.windows)
    .map(({ request: asked, answer }) => ({
      name: settingsText(asked),
      cost: answer.quantized_bits_per_weight,
      loss: answer.perplexity,
      bitsMore: answer.bits_per_byte_increase,
      kl: answer.kl_divergence,
      yours: true,
    })),
]);
const board: Answer<{ entries: readonly Entry[] }> = {
  ...built,
  value: computed(() =>
    entries.value.length > 0 || built.value.value ? { entries: entries.value } : undefined,
  ),
  progress: computed(() => undefined),
};

/** What lies above twice the least perplexity says no more than that it does. */
const kNear = 2;
const shownOf = (all: readonly Entry[]): readonly Entry[] => {
  const least = Math.min(...all.map((entry) => entry.loss));
  return view.value.board === "near" ? all.filter((entry) => entry.loss <= kNear * least) : all;
};

const pointOf = (entry: Entry) => ({
  x: entry.cost,
  y: entry.loss,
  text: `${entry.name}: ${decimals(entry.cost, 2)} bits a weight, perplexity ${significant(entry.loss, 4)}`,
});

const kTaken =
  "What you measure on the whole text, here or in a chapter’s figure on the whole model, is added; what is measured on a part of it, or trained, is not. The lower left is better.";

export function Leaderboard() {
  return (
    <Figure
      title="Bits a weight against perplexity: what nothing else beats"
      lead={
        sweep.length > 0
          ? `It begins with a sweep: many settings of all methods, measured once by the command line. ${kTaken}`
          : kTaken
      }
      result={board}
      view={view}
      controls={
        <Choice
          field={view.field("board")}
          name="Perplexities"
          options={[
            ["near", "up to twice the least"],
            ["all", "all"],
          ]}
        />
      }
      sentence={(r) => {
        const best = front(r.entries);
        const yours = r.entries.filter((entry) => entry.yours);
        const onFront = yours.filter((entry) => best.includes(entry)).length;
        const above = r.entries.length - shownOf(r.entries).length;
        return (
          <>
            {r.entries.length === 1 ? "One result" : `${whole(r.entries.length)} results`},{" "}
            <b class="is-good">{best.length} on the front</b>
            {yours.length === 1 ? `; that of your visit is ${onFront === 1 ? "" : "not "}among them` : ""}
            {yours.length > 1 ? `; ${yours.length} of your visit, ${onFront} of them on it` : ""}.
            {above > 0 ? ` ${whole(above)} lie above the picture.` : ""}
          </>
        );
      }}
      table={(r) => {
        const best = new Set(front(r.entries));
        return {
          caption: "Every result on the whole evaluation text, by bits a weight",
          columns: [
            "settings",
            "from",
            "bits a weight",
            "perplexity",
            "bits a byte more",
            "KL",
            "on the front",
          ],
          rows: [...r.entries]
            .sort((a, b) => a.cost - b.cost || a.loss - b.loss)
            .map((entry) => [
              entry.name,
              entry.yours ? "your visit" : "sweep",
              decimals(entry.cost, 3),
              significant(entry.loss, 5),
              significant(entry.bitsMore, 3),
              significant(entry.kl, 3),
              best.has(entry) ? "yes" : "",
            ]),
          words: [0],
          naming: 2,
        };
      }}
    >
      {(r) => {
        const best = front(r.entries);
        const shown = shownOf(r.entries);
        const others = shown.filter((entry) => !best.includes(entry));
        return (
          <Scatter
            label="Perplexity against bits a weight; the front is joined by steps."
            xLabel="bits a quantized weight, scales included"
            yLabel="perplexity a byte"
            yFormat={(value) => significant(value, 3)}
            doubling
            height={400}
            groups={[
              {
                name: "the front",
                kind: "good",
                mark: "square",
                points: shown.filter((entry) => best.includes(entry)).map(pointOf),
                steps: true,
              },
              {
                name: "the sweep",
                kind: "original",
                mark: "circle",
                points: others.filter((entry) => !entry.yours).map(pointOf),
              },
              {
                name: "your visit",
                kind: "quantized",
                mark: "circle",
                points: shown.filter((entry) => entry.yours).map((e) => ({ ...pointOf(e), strong: true })),
              },
            ]}
          />
        );
      }}
    </Figure>
  );
}
