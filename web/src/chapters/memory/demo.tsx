import { Bars } from "../../charts/bars";
import { ask, askEach } from "../../core/ask";
import type { MemoryResponse, ReceiptRow } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { Choice, Select } from "../../ui/choice";
import { DataTable } from "../../ui/data-table";
import { Figure } from "../../ui/figure";
import { bytes, count, decimals, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { TextArea } from "../../ui/text-area";
import { WorkedSteps } from "../../ui/worked-steps";
import { BatchSlider, ContextSlider } from "../shared/controls";
import {
  inReceipt,
  kCacheFormats,
  kDevices,
  kModels,
  kWeightFormats,
  nameIn,
  oneAfterAnother,
} from "../shared/plan";
import { kGiB, kOther, kPasted, planOf } from "./settings";

const kAsTheRest = ["", "as the rest"] as const;

const view = viewState("memory", {
  mode: "simple",
  model: "llama-3.1-8b",
  config: "",
  weights: "int4",
  weights_embedding: "q6_K",
  weights_attention: "",
  weights_feed_forward: "",
  weights_norms: "f16",
  kv_key: "f16",
  kv_value: "f16",
  kv_group: 32,
  kv_residual: 0,
  context: 8192,
  batch: 1,
  overhead: 0.5,
  device: "nvidia-rtx-4090",
  fit: 24,
});

const result = askEach(() => {
  const plan = planOf(view.value);
  if (!plan) return [];
  const { weights_embedding: _, weights_attention: __, weights_feed_forward: ___, ...rest } = plan;
  const plain = { ...rest, weights: "f16", weights_norms: undefined, kv_key: "f16", kv_value: "f16" };
  return [
    { op: "memory" as const, ...plan },
    { op: "memory" as const, ...plain },
  ];
});
const formats = ask(() => {
  const plan = planOf(view.value);
  return plan ? { op: "formats-that-fit" as const, ...plan } : undefined;
});

const kParts = [
  ["embedding", "Embedding: a row for each token"],
  ["attention", "Attention"],
  ["feed_forward", "Feed-forward, or experts"],
  ["norms", "Norms"],
] as const;

function Controls() {
  const { mode, model, device } = view.value;
  const full = mode === "full";
  return (
    <>
      <Select
        field={view.field("model")}
        name="Model"
        options={[...kModels, [kPasted, "another: paste its config.json"]]}
      />
      <Select field={view.field("weights")} name="Weights" options={kWeightFormats} />
      <Select
        field={view.field("device")}
        name="Device"
        options={[...kDevices, [kOther, "another: say how much memory"]]}
      />
      {model === kPasted ? (
        <TextArea
          field={view.field("config")}
          name="config.json"
          hint="The file beside the weights on a model hub. It stays in this tab."
        />
      ) : null}
      <Select field={view.field("kv_key")} name={full ? "Cached keys" : "KV cache"} options={kCacheFormats} />
      <ContextSlider view={view} />
      <BatchSlider view={view} maximum={256} />
      {device === kOther ? (
        <Slider
          field={view.field("fit")}
          name="Memory"
          minimum={1}
          maximum={1024}
          stops={[4, 6, 8, 12, 16, 24, 32, 48, 64, 80, 96, 128, 192, 512]}
          unit="GiB"
        />
      ) : null}
      {full ? <FullControls /> : null}
      <Choice
        field={view.field("mode")}
        name="Settings"
        options={[
          ["simple", "simple"],
          ["full", "every part"],
        ]}
      />
    </>
  );
}

function FullControls() {
  const parts = [kAsTheRest, ...kWeightFormats];
  return (
    <>
      <Select field={view.field("weights_embedding")} name="Embedding" options={parts} />
      <Select field={view.field("weights_attention")} name="Attention" options={parts} />
      <Select field={view.field("weights_feed_forward")} name="Feed-forward, or experts" options={parts} />
      <Select field={view.field("weights_norms")} name="Norms" options={parts} />
      <Select field={view.field("kv_value")} name="Cached values" options={kCacheFormats} />
      <Slider
        field={view.field("kv_group")}
        name="Group of the cache"
        minimum={16}
        maximum={256}
        stops={[16, 32, 64, 128, 256]}
        unit="values"
      />
      <Slider
        field={view.field("kv_residual")}
        name="Newest tokens in 16 bits"
        minimum={0}
        maximum={512}
        stops={[0, 32, 64, 128, 256, 512]}
        unit="tokens"
      />
      <Slider
        field={view.field("overhead")}
        name="Everything else"
        minimum={0}
        maximum={8}
        step={0.25}
        unit="GiB"
        hint="Activations, buffers and the program itself. No formula knows it: measure yours."
      />
    </>
  );
}

const deviceName = () =>
  view.value.device === kOther ? `${view.value.fit} GiB` : nameIn(kDevices, view.value.device);

/** What the command line is asked; a pasted configuration is a file there. */
const command = (op: string) => () => {
  const plan = planOf(view.value);
  return plan ? { op, ...plan, config: plan.config === undefined ? undefined : "config.json" } : undefined;
};

export function MemoryCalculator() {
  const { context, batch } = view.value;
  return (
    <Figure
      title="What lies in memory while the model runs"
      result={result}
      view={view}
      command={command("memory")}
      receipt={(r) => everyStep(r.items[0]!)}
      controls={<Controls />}
      sentence={(r) => {
        const own = r.items[0]!;
        const fit = own.fit!;
        return (
          <>
            {own.model} has {count(own.parameters)} numbers
            {inReceipt(own.receipts.parameters, "experts") ? (
              <>
                , of which <b class="is-original">{count(own.active_parameters)}</b> work on each token; all
                must lie there
              </>
            ) : null}
            . Weights of <b class="is-quantized">{bytes(own.weights.total)}</b> and a cache of{" "}
            <b class="is-quantized">{bytes(own.kv_cache.total)}</b> for {whole(batch)}{" "}
            {batch === 1 ? "text" : "texts"} of {whole(context)} tokens make <b>{bytes(own.total)}</b> with
            everything else.{" "}
            {fit.fits ? (
              <>
                <b class="is-good">It fits</b> into {deviceName()} ({bytes(fit.bytes)}), which would hold
                contexts of up to {whole(fit.max_context)} tokens, or {whole(fit.max_batch)}{" "}
                {fit.max_batch === 1 ? "text" : "texts"} at a time.
              </>
            ) : (
              <>
                <b class="is-error">It does not fit</b> into {deviceName()} ({bytes(fit.bytes)}).{" "}
                {fit.max_context > 0
                  ? `With contexts of up to ${whole(fit.max_context)} tokens it would.`
                  : "No context is short enough."}
              </>
            )}
            {fit.max_context > fit.model_max_context && fit.model_max_context > 0
              ? ` The model itself was made for ${whole(fit.model_max_context)}.`
              : ""}
          </>
        );
      }}
      table={(r) => ({
        caption: "Bytes by part, as chosen and in 16 bits",
        columns: ["part", "bytes", "GiB", "in 16 bits (bytes)"],
        rows: partsOf(r.items).map(({ name, own, plain }) => [
          name,
          whole(own),
          decimals(own / kGiB, 3),
          whole(plain),
        ]),
      })}
    >
      {(r) => {
        const own = r.items[0]!;
        return (
          <>
            <Bars
              label="Memory by part, as chosen and in 16 bits."
              unit="GiB"
              format={(value) => significant(value, 3)}
              limit={{ value: own.fit!.bytes / kGiB, text: `${deviceName()}: ${bytes(own.fit!.bytes)}` }}
              legend={[
                { kind: "original", name: "all in 16 bits", mark: "open-bar" },
                { kind: "quantized", name: "as you chose", mark: "bar" },
                { kind: "good", name: "the memory of the device", mark: "line" },
              ]}
              rows={partsOf(r.items).map(({ name, own: size, plain }) => ({
                name,
                bars: [
                  { kind: "original", value: plain / kGiB, text: bytes(plain), open: true },
                  { kind: "quantized", value: size / kGiB, text: bytes(size) },
                ],
              }))}
            />
            <WorkedSteps name="The sum, with your numbers" rows={everyStep(own)} />
          </>
        );
      }}
    </Figure>
  );
}

interface Part {
  name: string;
  own: number;
  plain: number;
}

const partsOf = (items: readonly MemoryResponse[]): Part[] => {
  const [own, plain] = items as [MemoryResponse, MemoryResponse];
  return [
    ...kParts.map(([key, name]) => ({ name, own: own.weights[key], plain: plain.weights[key] })),
    { name: "KV cache", own: own.kv_cache.total, plain: plain.kv_cache.total },
    { name: "Everything else", own: restOf(own), plain: restOf(plain) },
    { name: "All of it", own: own.total, plain: plain.total },
  ];
};

/** What the reader has set for activations, buffers and the program, as the sum has it. */
const restOf = ({ receipts }: MemoryResponse): number => inReceipt(receipts.total, "overhead") ?? 0;

const everyStep = ({ receipts }: MemoryResponse): ReceiptRow[] =>
  oneAfterAnother(receipts.weights, receipts.kv_cache, receipts.total);

export function WhatFits() {
  return (
    <Figure
      title="The other way round: what would fit"
      lead="The same model, context and device as above, with all weights in one format, norms too."
      result={formats}
      command={command("formats-that-fit")}
      sentence={(r) => {
        const best = r.formats.find((row) => row.format === r.best);
        return best ? (
          <>
            The format with the most bits that fits is <b class="is-good">{best.name}</b>, with{" "}
            {decimals(best.bits_per_weight, 2)} bits a weight and {bytes(best.total)} in all. Beside it there
            is room for {whole(best.max_context)} tokens of context, or for {whole(best.max_batch)}{" "}
            {best.max_batch === 1 ? "text" : "texts"}.
          </>
        ) : (
          <>
            <b class="is-error">No format is small enough</b> for {bytes(r.bytes)}: take a smaller model, a
            shorter context or fewer texts.
          </>
        );
      }}
    >
      {(r) => (
        <DataTable
          caption={`${whole(r.formats.length)} formats for ${r.model} in ${bytes(r.bytes)}, most bits first; scroll for the rest`}
          columns={["format", "in all", "fits", "longest context", "most texts", "bits a weight"]}
          rows={r.formats.map((row) => [
            row.name,
            bytes(row.total),
            row.fits ? "\u2713 fits" : "\u2013 too large",
            row.max_context > 0 ? whole(row.max_context) : "none",
            row.max_batch > 0 ? whole(row.max_batch) : "none",
            decimals(row.bits_per_weight, 2),
          ])}
        />
      )}
    </Figure>
  );
}
