// Ways to quantize the reference model, each measured: its size, and what it costs in bits a byte.
import { type BarRow, Bars } from "../../charts/bars";
import type { Answer } from "../../core/ask";
import type { Evaluation, Evaluations } from "../../core/evaluate";
import type { EvalRequest, ModelPlan } from "../../core/requests";
import { Figure } from "../../ui/figure";
import { bytes, decimals, significant, whole } from "../../ui/format";
import { kFirstBar, ToCome } from "../../ui/to-come";

export interface Way {
  name: string;
  plan: ModelPlan;
}

const kWindows = 4;
export const requestOf = ({ plan }: Way): EvalRequest => ({ op: "eval", ...plan, windows: kWindows });

/** A bar for each model's perplexity, the first being the model as it is; `absent` says what stands where none has come. */
export const perplexityBars = (
  names: readonly string[],
  items: Evaluations["items"],
  absent: (i: number) => string,
): BarRow[] =>
  names.map((name, i) => {
    const item = items[i];
    const text = item ? significant(item.perplexity, 4) : absent(i);
    return { name, bars: [{ kind: i === 0 ? "original" : "quantized", value: item?.perplexity ?? 0, text }] };
  });

interface MeasuredProps {
  title: string;
  lead: string;
  ways: readonly Way[];
  result: Answer<Evaluations>;
  sentence: (items: Evaluations["items"]) => preact.ComponentChildren;
}

const increase = (item: Evaluation): string => {
  const [low, high] = item.bits_per_byte_increase_ci95;
  return `${significant(item.bits_per_byte_increase, 3)} [${significant(low, 3)}, ${significant(high, 3)}]`;
};

/** Bars of what each way costs; those that have not come yet are empty. */
export function Measured({ title, lead, ways, result, sentence }: MeasuredProps) {
  return (
    <Figure
      title={title}
      lead={lead}
      result={result}
      command={() => ways.map(requestOf)}
      sentence={(r) => sentence(r.items)}
      table={(r) => ({
        caption: "The first 2,048 bytes of the evaluation text; brackets: 95\u00a0% intervals",
        columns: [
          "what is rounded",
          "bytes",
          "bits a weight",
          "perplexity",
          "bits a byte more",
          "KL (nats a byte)",
          "same likeliest byte (%)",
        ],
        rows: ways.map(({ name }, i) => {
          const item = r.items[i];
          return item
            ? [
                name,
                whole(item.bytes),
                decimals(item.bits_per_weight, 3),
                significant(item.perplexity, 5),
                increase(item),
                significant(item.kl_divergence, 3),
                decimals(item.top1_agreement * 100, 2),
              ]
            : [name, "\u2013", "\u2013", "\u2013", r.refused[i]?.message ?? "\u2013", "\u2013", "\u2013"];
        }),
      })}
    >
      {(r) => (
        <ToCome words={r.items.some(Boolean) || r.refused.some(Boolean) ? undefined : kFirstBar}>
          <Bars
            label="What each way costs in bits a byte, and its size."
            unit="bits a byte more than unquantized"
            format={(value) => significant(value, 2)}
            legend={[{ kind: "error", name: "bits a byte more than unquantized", mark: "bar" }]}
            rows={ways.map(({ name }, i) => {
              const item = r.items[i];
              return {
                name: item ? `${name}: ${bytes(item.bytes)}` : name,
                bars: [
                  {
                    kind: "error" as const,
                    value: Math.max(0, item?.bits_per_byte_increase ?? 0),
                    text: item
                      ? `${decimals(item.bits_per_byte_increase, 4)}, perplexity ${significant(item.perplexity, 4)}`
                      : (r.refused[i]?.message ?? "\u2013"),
                  },
                ],
              };
            })}
          />
        </ToCome>
      )}
    </Figure>
  );
}
