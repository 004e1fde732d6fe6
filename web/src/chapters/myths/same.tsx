// The myth that one perplexity is one model: how well the reference model predicts, and how often it predicts otherwise.
import { Bars } from "../../charts/bars";
import { type Evaluation, evaluateEach } from "../../core/evaluate";
import { Figure } from "../../ui/figure";
import { decimals, significant } from "../../ui/format";
import { perplexityBars, requestOf, type Way } from "../shared/measured";
import { methodName } from "../shared/settings-text";

const kWays: readonly Way[] = [
  { name: "As it is", plan: { method: "none" } },
  {
    name: "GPTQ, 4 bits in groups of 32",
    plan: { method: "gptq", bits: 4, granularity: "group", group_size: 32 },
  },
  ...["q5_0", "q4_K", "mxfp4"].map((method) => ({ name: methodName(method), plan: { method } })),
  { name: "KV cache in 2 bits", plan: { method: "none", kv_key: "int2", kv_value: "int2" } },
];
const result = evaluateEach(() => kWays.map(requestOf));

const kNone = "\u2013";
/** Of a hundred places, those where both models do not name the same byte. */
const changed = (item: Evaluation): number => (1 - item.top1_agreement) * 100;
const percent = (item: Evaluation): string => `${significant(changed(item), 2)}\u00a0%`;
const perplexity = (item: Evaluation): string => significant(item.perplexity, 4);

export function Same() {
  return (
    <Figure
      title="One perplexity, and other bytes all the same"
      lead="The reference model, rounded in ways that cost it little: how well it predicts, and how often it would write another byte than before."
      result={result}
      command={() => kWays.map(requestOf)}
      sentence={({ items: [whole, gptq, q5, , mxfp4] }) =>
        whole && gptq && q5 && mxfp4 ? (
          <>
            As it is the model has a perplexity of <b class="is-original">{perplexity(whole)}</b> a byte, by
            GPTQ <b class="is-quantized">{perplexity(gptq)}</b>, and yet another byte is the likeliest at{" "}
            <b class="is-error">{percent(gptq)}</b> of the places. {methodName("q5_0")} and{" "}
            {methodName("mxfp4")} have <b class="is-quantized">{perplexity(q5)}</b> and{" "}
            <b class="is-quantized">{perplexity(mxfp4)}</b>, and it is another at{" "}
            <b class="is-error">{percent(q5)}</b> and <b class="is-error">{percent(mxfp4)}</b>.
          </>
        ) : (
          "The rows come one after the other."
        )
      }
      table={(r) => ({
        caption: "The first 2,048 bytes of the evaluation text; the interval is for 95\u00a0%",
        columns: [
          "what is rounded",
          "bits a weight",
          "perplexity a byte",
          "bits a byte more",
          "from",
          "to",
          "KL (nats a byte)",
          "same likeliest byte (%)",
          "another likeliest byte (%)",
        ],
        rows: kWays.map(({ name }, i) => {
          const item = r.items[i];
          return item
            ? [
                name,
                decimals(item.bits_per_weight, 3),
                significant(item.perplexity, 5),
                significant(item.bits_per_byte_increase, 3),
                significant(item.bits_per_byte_increase_ci95[0], 3),
                significant(item.bits_per_byte_increase_ci95[1], 3),
                significant(item.kl_divergence, 3),
                decimals(item.top1_agreement * 100, 2),
                decimals(changed(item), 2),
              ]
            : [name, kNone, kNone, r.refused[i]?.message ?? kNone, kNone, kNone, kNone, kNone, kNone];
        }),
      })}
    >
      {(r) => (
        <>
          <Bars
            label="Perplexity of the model, as it is and rounded."
            unit="perplexity a byte"
            format={(value) => significant(value, 2)}
            legend={[
              { kind: "original", name: "as it is", mark: "bar" },
              { kind: "quantized", name: "rounded", mark: "bar" },
            ]}
            rows={perplexityBars(
              kWays.map(({ name }) => name),
              r.items,
              (i) => r.refused[i]?.message ?? kNone,
            )}
          />
          <Bars
            label="How often another byte is the likeliest than before."
            unit="places where another byte is the likeliest (%)"
            format={(value) => significant(value, 2)}
            legend={[{ kind: "error", name: "another likeliest byte than as it is", mark: "bar" }]}
            rows={kWays.slice(1).map(({ name }, i) => {
              const item = r.items[i + 1];
              return {
                name,
                bars: [
                  {
                    kind: "error" as const,
                    value: item ? changed(item) : 0,
                    text: item ? percent(item) : kNone,
                  },
                ],
              };
            })}
          />
        </>
      )}
    </Figure>
  );
}
