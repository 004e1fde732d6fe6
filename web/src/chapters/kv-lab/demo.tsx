// The reference model with its own KV cache rounded while it reads.
import { Bars } from "../../charts/bars";
import { HeatMap } from "../../charts/heat-map";
import { evaluateEach } from "../../core/evaluate";
import type { EvalRequest } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { Figure } from "../../ui/figure";
import { decimals, significant } from "../../ui/format";
import { Slider } from "../../ui/slider";

/** From as it is to the fewest bits. */
const kFormats = ["f32", "int8", "int4", "int3", "int2"] as const;
const kNames = ["as it is", "8 bits", "4 bits", "3 bits", "2 bits"] as const;
const kWindows = 1;
const kCount = kFormats.length;

const view = viewState("kv-lab", { group: 32, residual: 32 });
const requestOf = (key: string, value: string): EvalRequest => ({
  op: "eval",
  method: "none",
  kv_key: key,
  kv_value: value,
  kv_group: view.value.group,
  kv_residual: view.value.residual,
  windows: kWindows,
});
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
      lead="Each cell: the model reads 512 bytes with its keys (down) and values (across) stored in so many bits. The stronger the colour, the more its predictions differ from those with the cache as it is."
      result={grid}
      view={view}
      height={340}
      command={() => requestOf("int2", "int4")}
      controls={
        <>
          <Slider
            field={view.field("residual")}
            name="Newest tokens kept as they are"
            minimum={0}
            maximum={128}
            stops={[0, 8, 32, 128]}
            unit="tokens"
          />
          <Slider
            field={view.field("group")}
            name="Numbers that share a scale"
            minimum={8}
            maximum={32}
            stops={[8, 16, 32]}
            unit="values"
          />
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
          unit="nats a byte"
          rowName="keys: 16 to 2 bits"
          columnName="values: as they are, 8, 4, 3, 2 bits"
          format={(value) => significant(value, 2)}
          describe={(k, v) => {
            const item = r.items[cellAt(k, v)];
            return `keys ${kNames[k]}, values ${kNames[v]}: ${item ? `${significant(item.kl_divergence, 3)} nats a byte, same likeliest byte at ${decimals(item.top1_agreement * 100, 1)} %` : "not yet"}`;
          }}
        />
      )}
    </Figure>
  );
}

/** Keys with a scale a channel, as KIVI stores them, and with one for a run of channels of a token. */
const kKeys = [
  ["int8", "8 bits, scales along a channel"],
  ["q8_0", "8 bits (Q8_0), scales along a token"],
  ["int4", "4 bits, scales along a channel"],
  ["q4_1", "4 bits (Q4_1), scales along a token"],
  ["q4_0", "4 bits (Q4_0), scales along a token"],
  ["int2", "2 bits, scales along a channel"],
  ["fp8_e4m3", "FP8"],
] as const;
const directions = evaluateEach(() => kKeys.map(([format]) => requestOf(format, "f32")));

export function Directions() {
  return (
    <Figure
      title="Along which direction keys share a scale"
      lead="Only the keys are rounded here. Along a channel, neighbouring tokens share a scale; along a token, neighbouring channels do."
      result={directions}
      view={view}
      height={430}
      command={() => requestOf("int4", "f32")}
      sentence={(r) => {
        const [channel, token] = [r.items[2], r.items[3]];
        return channel && token ? (
          <>
            In 4 bits with a zero-point, scales along a channel move the predictions by{" "}
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
        rows: kKeys.map(([, name], i) => [
          name,
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
          unit="nats a byte"
          format={(value) => significant(value, 2)}
          legend={[{ kind: "error", name: "KL divergence from the cache as it is", mark: "bar" }]}
          rows={kKeys.map(([, name], i) => ({
            name,
            bars: [
              {
                kind: "error" as const,
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
