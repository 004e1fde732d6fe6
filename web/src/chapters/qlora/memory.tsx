// What lies in memory while a model is finetuned: all weights, LoRA and QLoRA.
import { Bars } from "../../charts/bars";
import { askEach } from "../../core/ask";
import type { FinetuneRequest, FinetuneResponse } from "../../core/requests";
import { Choice, Select, Switch } from "../../ui/choice";
import { Figure } from "../../ui/figure";
import { bytes, count, decimals, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { WorkedSteps } from "../../ui/worked-steps";
import { BatchSlider, ContextSlider } from "../shared/controls";
import { kModels, nameIn, oneAfterAnother } from "../shared/plan";
import { kRanks, view } from "./settings";

const kGiB = 1024 ** 3;
const kBases = [
  ["nf4_dq", "NF4, scales rounded too"],
  ["nf4", "NF4"],
  ["int8", "8 bits (INT8, groups of 32)"],
  ["int4", "4 bits (INT4, groups of 32)"],
  ["int2", "2 bits (INT2, groups of 32)"],
] as const;
/** The planner does not work out what a model with latent attention keeps. */
const kFinetuned = kModels.filter(([id]) => id !== "deepseek-v3");

function requestOf(change: Partial<FinetuneRequest> = {}): FinetuneRequest {
  const v = view.value;
  return {
    op: "finetune-memory",
    model: v.model,
    weights: v.weights,
    adapted: v.adapted,
    rank: v.rank,
    optimizer_bytes: Number(v.optimizer_bytes),
    context: v.context,
    batch: v.batch,
    checkpointing: v.checkpointing,
    ...change,
  };
}
const result = askEach(() => [
  requestOf(),
  requestOf({ weights: "f16" }),
  requestOf({ whole: true, weights: "f16", adapted: undefined, rank: undefined }),
  requestOf({ model: "reference" }),
]);

const kParts = [
  ["base", "The base"],
  ["adapters", "Adapters"],
  ["gradients", "Gradients"],
  ["optimizer", "Optimizer"],
  ["activations", "Activations"],
  ["total", "All of it"],
] as const;

const steps = ({ receipts }: FinetuneResponse) =>
  oneAfterAnother(receipts.learnable, receipts.base, receipts.activations, receipts.total);

const Controls = () => (
  <>
    <Select field={view.field("model")} name="Model" options={kFinetuned} />
    <Select field={view.field("weights")} name="Base" options={kBases} />
    <Choice
      field={view.field("adapted")}
      name="Adapters beside"
      options={[
        ["all", "every matrix"],
        ["attention", "attention"],
        ["query-value", "queries, values"],
      ]}
    />
    <Slider field={view.field("rank")} name="Rank" minimum={4} maximum={64} stops={kRanks} />
    <Choice
      field={view.field("optimizer_bytes")}
      name="Optimizer"
      options={[
        ["8", "AdamW, 8 bytes"],
        ["2", "8-bit, 2 bytes"],
      ]}
    />
    <ContextSlider view={view} />
    <BatchSlider view={view} maximum={64} />
    <Switch
      field={view.field("checkpointing")}
      name="Checkpoints"
      hint="only the inputs of layers are kept; the rest is worked out a second time"
    />
  </>
);

export function Memory() {
  return (
    <Figure
      title="Where the memory of finetuning goes"
      lead="Learning takes, for each number that learns, its gradient and the optimizer’s running averages, and for each token what the way back needs. QLoRA makes the first few and the base small."
      result={result}
      view={view}
      command={() => requestOf()}
      receipt={(r) => steps(r.items[0]!)}
      controls={<Controls />}
      sentence={(r) => {
        const [own, lora, all, reference] = r.items;
        if (!own || !lora || !all || !reference) return null;
        return (
          <>
            Finetuning {own.model} takes <b class="is-quantized">{bytes(own.total)}</b> with its base in{" "}
            {nameIn(kBases, view.value.weights)}; with a base of 16 bits{" "}
            <b class="is-scale">{bytes(lora.total)}</b>, and <b class="is-original">{bytes(all.total)}</b>{" "}
            where all {count(all.learnable)} weights learn. {count(own.learnable)} numbers learn,{" "}
            {decimals(own.learnable_share * 100, 2)}&nbsp;% of the model. The reference model of this page
            takes {bytes(reference.total)} in the same way.
          </>
        );
      }}
      table={(r) => ({
        caption: "Bytes by part",
        columns: ["part", "QLoRA", "LoRA on 16 bits", "all weights", "the reference model, QLoRA"],
        rows: kParts.map(([key, name]) => [name, ...r.items.map((one) => whole(one[key]))]),
      })}
    >
      {(r) => (
        <>
          <Bars
            label="Memory by part for QLoRA, LoRA and full finetuning."
            unit="GiB"
            format={(value) => significant(value, 3)}
            legend={[
              { kind: "quantized", name: "QLoRA", mark: "bar" },
              { kind: "scale", name: "LoRA on 16 bits", mark: "bar" },
              { kind: "original", name: "all weights, in 16 bits", mark: "open-bar" },
            ]}
            rows={kParts.map(([key, name]) => {
              const [own = 0, lora = 0, all = 0] = r.items.map((one) => one[key]);
              return {
                name,
                bars: [
                  { kind: "quantized", value: own / kGiB, text: bytes(own) },
                  { kind: "scale", value: lora / kGiB, text: bytes(lora) },
                  { kind: "original", value: all / kGiB, text: bytes(all), open: true },
                ],
              };
            })}
          />
          <WorkedSteps name="The sum, with your numbers" rows={steps(r.items[0]!)} />
          <details class="worked-steps">
            <summary>What is counted and what is not</summary>
            <ul>
              {r.items[0]!.assumptions.map((one) => (
                <li key={one}>{one}</li>
              ))}
            </ul>
          </details>
        </>
      )}
    </Figure>
  );
}
