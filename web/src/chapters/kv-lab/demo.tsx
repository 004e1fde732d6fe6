// The reference model with its own KV cache rounded while it reads.
import { Bars } from "../../charts/bars";
import { HeatMap } from "../../charts/heat-map";
import { Lines } from "../../charts/lines";
import { askEach } from "../../core/ask";
import { evaluateEach } from "../../core/evaluate";
import type { EvalRequest, MemoryRequest, MemoryResponse, ModelPlan } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { Choice } from "../../ui/choice";
import { Figure } from "../../ui/figure";
import { bytes, decimals, plain, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { methodName } from "../shared/settings-text";
import { measureRows, type Sizes, WholeModel } from "../shared/whole-model";

/** From as it is to the fewest bits. */
const kFormats = ["f32", "int8", "int4", "int3", "int2"] as const;
const kNames = ["as it is", "8 bits", "4 bits", "3 bits", "2 bits"] as const;
const kWindows = 1;
const kCount = kFormats.length;

const view = viewState("kv-lab", {
  group: 32,
  residual: 32,
  kv_key_granularity: "channel",
  cache: "int2",
  kv_key: "int4",
  kv_value: "int2",
});
/** The core's own default is left out, so that what was evaluated without it is found again. */
const granularity = (keys: string) => (keys === "channel" ? {} : { kv_key_granularity: keys });
const planOf = (key: string, value: string, keys = view.value.kv_key_granularity): ModelPlan => ({
  method: "none",
  kv_key: key,
  kv_value: value,
  kv_group: view.value.group,
  kv_residual: view.value.residual,
  ...granularity(keys),
});
const requestOf = (key: string, value: string, keys?: string): EvalRequest => ({
  op: "eval",
  ...planOf(key, value, keys),
  windows: kWindows,
});

const KeyDirection = () => (
  <Choice
    field={view.field("kv_key_granularity")}
    name="Keys share a scale along"
    options={[
      ["channel", "a channel"],
      ["token", "a token"],
    ]}
  />
);
/** Both at the same bits first: they say most. */
const kCells = kFormats
  .flatMap((_, k) => kFormats.map((__, v) => ({ k, v })))
  .sort((a, b) => Math.abs(a.k - a.v) - Math.abs(b.k - b.v));
const grid = evaluateEach(() => kCells.map(({ k, v }) => requestOf(kFormats[k]!, kFormats[v]!)));
const cellAt = (k: number, v: number): number => kCells.findIndex((cell) => cell.k === k && cell.v === v);

export function Grid() {
  return (
    <Figure
      title="Keys and values bear rounding differently"
      lead="Each cell: the model reads 512 bytes with its keys (down) and values (across) stored in so many bits. The stronger the colour, the more its predictions differ from those with the cache as it is; each step of colour multiplies it by the same number."
      result={grid}
      view={view}
      command={() => requestOf("int2", "int4")}
      controls={
        <>
          <Slider
            field={view.field("residual")}
            name="Newest kept as is"
            minimum={0}
            maximum={128}
            stops={[0, 8, 32, 128]}
            unit="tokens"
          />
          <Slider
            field={view.field("group")}
            name="Share a scale"
            minimum={8}
            maximum={32}
            stops={[8, 16, 32]}
            unit="values"
          />
          <KeyDirection />
        </>
      }
      sentence={(r) => {
        const at = (k: number, v: number) => r.items[cellAt(k, v)]?.kl_divergence;
        const [keys, values, both] = [at(4, 0), at(0, 4), at(4, 4)];
        return keys === undefined || values === undefined || both === undefined ? (
          "The cells come one after the other."
        ) : (
          <>
            With the keys alone in 2 bits the predictions move by{" "}
            <b class="is-error">{significant(keys, 3)}</b> nats a byte, with the values alone by{" "}
            <b class="is-error">{significant(values, 3)}</b>, with both by {significant(both, 3)}.
          </>
        );
      }}
      table={(r) => ({
        caption:
          "KL divergence from the model with its cache as it is, nats a byte; keys down, values across",
        columns: ["keys", ...kNames.map((name) => `values: ${name}`)],
        rows: kNames.map((name, k) => [
          name,
          ...kNames.map((_, v) => {
            const item = r.items[cellAt(k, v)];
            return item ? significant(item.kl_divergence, 3) : "\u2013";
          }),
        ]),
      })}
    >
      {(r) => (
        <HeatMap
          label="KL divergence by bits of keys and values."
          rows={kCount}
          columns={kCount}
          values={Float32Array.from({ length: kCount * kCount }, (_, i) => {
            const item = r.items[cellAt(Math.floor(i / kCount), i % kCount)];
            return item?.kl_divergence ?? 0;
          })}
          kind="error"
          multiplies
          unit="nats a byte"
          rowName="keys"
          columnName="values"
          rowTicks={kNames}
          columnTicks={kNames}
          format={(value) => significant(value, 2)}
          describe={(k, v) => {
            const item = r.items[cellAt(k, v)];
            return `keys ${kNames[k]}, values ${kNames[v]}: ${item ? `${significant(item.kl_divergence, 3)} nats a byte, same likeliest byte at ${decimals(item.top1_agreement * 100, 1)}\u00a0%` : "not yet"}`;
          }}
        />
      )}
    </Figure>
  );
}

// Where in the text the rounding shows.

const kLongWindows = 8;
const kRun = 32;
const kCaches = [
  ["int8", "8"],
  ["int4", "4"],
  ["int3", "3"],
  ["int2", "2"],
] as const;
const along = (residual: number): EvalRequest => ({
  ...requestOf(view.value.cache, view.value.cache),
  kv_residual: residual,
  windows: kLongWindows,
  positions: kRun,
});
const positions = evaluateEach(() => [along(view.value.residual), along(0)]);
const middle = (first: number): number => first + (kRun - 1) / 2;

export function Positions() {
  const { residual, cache } = view.value;
  const kept = residual === 0 ? "none kept, as chosen" : `the newest ${residual} kept as they are`;
  return (
    <Figure
      title="The error along the text"
      lead={`${kLongWindows} windows of 512 bytes, each read from its start; every mark is the mean over ${kRun} positions of all of them.`}
      result={positions}
      view={view}
      command={() => [along(residual), along(0)]}
      controls={
        <>
          <Choice field={view.field("cache")} name="Bits of keys and values" options={kCaches} />
          <Slider
            field={view.field("residual")}
            name="Newest kept as is"
            minimum={0}
            maximum={128}
            stops={[0, 8, 32, 128]}
            unit="tokens"
          />
          <KeyDirection />
        </>
      }
      sentence={(r) => {
        const [own, bare] = r.items;
        const start = own?.by_position?.[0];
        return own && bare && start ? (
          <>
            Over all positions the predictions move by{" "}
            <b class="is-quantized">{significant(own.kl_divergence, 3)}</b> nats a byte with{" "}
            {residual === 0 ? (
              "none kept"
            ) : (
              <>
                the newest {residual} kept, and by{" "}
                <b class="is-error">{significant(bare.kl_divergence, 3)}</b> with none
              </>
            )}
            ; over the first {kRun} by {significant(start.kl_divergence, 2)}
            {residual === 0 ? "" : ` and ${significant(bare.by_position?.[0]?.kl_divergence ?? 0, 2)}`}.
          </>
        ) : (
          "The curves come one after the other."
        );
      }}
      table={(r) => ({
        caption: `KL divergence in nats a byte, by position; keys and values in ${cache}`,
        columns: ["from position", kept, "none kept"],
        rows: (r.items[0]?.by_position ?? r.items[1]?.by_position ?? []).map((row, i) => [
          whole(row.first),
          ...r.items.map((item) => {
            const at = item?.by_position?.[i];
            return at ? significant(at.kl_divergence, 3) : "\u2013";
          }),
        ]),
      })}
    >
      {(r) => (
        <Lines
          label="KL divergence against the position in the window."
          xs={(r.items[0]?.by_position ?? r.items[1]?.by_position ?? []).map((row) => middle(row.first))}
          xLabel="position in the window (bytes)"
          yLabel="KL divergence (nats a byte)"
          yFormat={(value) => significant(value, 2)}
          xFormat={(value) => whole(Math.floor(value))}
          series={[
            {
              name: kept,
              kind: "quantized" as const,
              values: (r.items[0]?.by_position ?? []).map((row) => row.kl_divergence),
            },
            {
              name: "none kept",
              kind: "error" as const,
              values: (r.items[1]?.by_position ?? []).map((row) => row.kl_divergence),
            },
          ].filter((series) => series.values.length > 0)}
        />
      )}
    </Figure>
  );
}

// The whole text, and what each cache takes.

/** As long as the windows in which the model reads. */
const kContext = 512;
const bitsIn = (id: string): string => kCaches.find(([known]) => known === id)?.[1] ?? id;
const pairs = (): (readonly [key: string, value: string])[] => [
  ...kCaches.map(([id]) => [id, id] as const),
  [view.value.kv_key, view.value.kv_value],
];
const pairName = ([key, value]: readonly [string, string], i: number): string =>
  i < kCaches.length
    ? `Both in ${bitsIn(key)} bits`
    : `Your choice: keys in ${bitsIn(key)} bits, values in ${bitsIn(value)}`;

const onModel = measureRows(() =>
  pairs().map((pair, i) => [pairName(pair, i), "quantized", planOf(...pair)] as const),
);
const sizeOf = ([key, value]: readonly [string, string]): MemoryRequest => ({
  op: "memory",
  model: "reference",
  kv_key: key,
  kv_value: value,
  kv_group: view.value.group,
  kv_residual: view.value.residual,
  context: kContext,
});
const sizeRequests = (): MemoryRequest[] => [["f16", "f16"] as const, ...pairs()].map(sizeOf);
const sizesAsked = askEach(sizeRequests);

const given = ({ receipts }: MemoryResponse, symbol: string): string => {
  const row = receipts.kv_cache.find((one) => one.symbol === symbol);
  return row ? plain(row.value) : "";
};

function sizesOf(items: readonly MemoryResponse[]): Sizes | undefined {
  const last = items[items.length - 1];
  if (!last) return undefined;
  return {
    columns: ["bits a number of the keys", "bits a number of the values", "bytes of the cache"],
    rows: items.map((one) => [given(one, "key_bits"), given(one, "value_bits"), whole(one.kv_cache.total)]),
    words: (
      <>
        {given(last, "key_bits")} bits for a number of the keys, {given(last, "value_bits")} for one of the
        values, {bytes(last.kv_cache.total)} for a window of {kContext} bytes
      </>
    ),
  };
}

export function OnTheModel() {
  const { group, residual } = view.value;
  return (
    <WholeModel
      measurement={onModel}
      view={view}
      what={`Only the cache is rounded: ${group} values share a scale and a minimum of 16 bits each, and the newest ${residual} tokens are counted in 16 bits, as the whole cache is where nothing is rounded.`}
      lead="The model reads a passage that it has never seen. Groups, newest tokens and direction are those above."
      sizes={sizesOf(sizesAsked.value.value?.items ?? [])}
      command={() => [
        { op: "eval", method: "none" },
        ...pairs().map((pair) => ({ op: "eval", ...planOf(...pair) })),
        ...sizeRequests(),
      ]}
      controls={
        <>
          <Choice field={view.field("kv_key")} name="Bits of the keys" options={kCaches} />
          <Choice field={view.field("kv_value")} name="Bits of the values" options={kCaches} />
        </>
      }
    />
  );
}

/** Keys with a scale a channel, as KIVI stores them, and with one for a run of channels of a token. */
const kAlong = { quantized: "scales along a channel", error: "scales along a token" } as const;
const kKeys = [
  ["int8", "channel", "8 bits", "quantized"],
  ["int8", "token", "8 bits", "error"],
  ["int4", "channel", "4 bits", "quantized"],
  ["int4", "token", "4 bits", "error"],
  ["q4_0", "channel", `4 bits (${methodName("q4_0")})`, "error"],
  ["int2", "channel", "2 bits", "quantized"],
  ["int2", "token", "2 bits", "error"],
  ["fp8_e4m3", "channel", "FP8", "quantized"],
] as const;
const directions = evaluateEach(() => kKeys.map(([format, keys]) => requestOf(format, "f32", keys)));

export function Directions() {
  return (
    <Figure
      title="Along which direction keys share a scale"
      lead="Only the keys are rounded here. FP8 has a scale of 16 bits for each group too; the calculators count it without one."
      result={directions}
      view={view}
      command={() => kKeys.map(([format, keys]) => requestOf(format, "f32", keys))}
      sentence={(r) => {
        const [channel, token] = [r.items[2], r.items[3]];
        return channel && token ? (
          <>
            In 4 bits scales along a channel move the predictions by{" "}
            <b class="is-quantized">{significant(channel.kl_divergence, 3)}</b> nats a byte, along a token by{" "}
            <b class="is-error">{significant(token.kl_divergence, 3)}</b>.
          </>
        ) : (
          "The bars come one after the other."
        );
      }}
      table={(r) => ({
        caption: "Keys in other formats, values as they are",
        columns: ["keys", "KL divergence (nats a byte)", "bits a byte more", "same likeliest byte (%)"],
        rows: kKeys.map(([, , name, kind], i) => [
          `${name}, ${kAlong[kind]}`,
          ...(r.items[i]
            ? [
                significant(r.items[i]!.kl_divergence, 3),
                significant(r.items[i]!.bits_per_byte_increase, 3),
                decimals(r.items[i]!.top1_agreement * 100, 2),
              ]
            : ["\u2013", "\u2013", "\u2013"]),
        ]),
      })}
    >
      {(r) => (
        <Bars
          label="KL divergence by the format of the keys."
          unit="KL divergence (nats a byte)"
          format={(value) => significant(value, 2)}
          legend={[
            { kind: "quantized", name: kAlong.quantized, mark: "bar" },
            { kind: "error", name: kAlong.error, mark: "bar" },
          ]}
          rows={kKeys.map(([, , name, kind], i) => ({
            name: `${name}, ${kAlong[kind]}`,
            bars: [
              {
                kind,
                value: r.items[i]?.kl_divergence ?? 0,
                text: r.items[i] ? significant(r.items[i]!.kl_divergence, 3) : "\u2013",
              },
            ],
          }))}
        />
      )}
    </Figure>
  );
}
