import { computed, signal } from "@preact/signals";
import { Bars } from "../../charts/bars";
import { type Answer, ask } from "../../core/ask";
import { bytesArray } from "../../core/model";
import type { EvalRequest, EvalResponse } from "../../core/requests";
import { Figure } from "../../ui/figure";
import { bytes, decimals, significant, whole } from "../../ui/format";
import { TextArea } from "../../ui/text-area";

const kStandard =
  "The boat left before the fog had lifted. Nobody on the pier could say afterwards whether two men had been aboard, or three; but the lamp at the bow had been lit, and that, everyone agreed, was like him.";
/** Of a longer text the beginning is scored: so many windows of 512 bytes. */
const kWindows = 2;
const kRestMs = 400;

const text = signal(kStandard);
/** What is asked about: the text, once the reader has stopped typing. */
const rested = signal(kStandard);
let resting: ReturnType<typeof setTimeout> | undefined;
const field = {
  key: "text",
  get value() {
    return text.value;
  },
  standard: kStandard,
  set(value: string) {
    text.value = value;
    clearTimeout(resting);
    resting = setTimeout(() => {
      rested.value = value;
    }, kRestMs);
  },
};

const kVariants: readonly (readonly [name: string, plan: Omit<EvalRequest, "op">])[] = [
  ["as trained, 16 bits", { method: "none" }],
  ["8 bits, groups of 128", { method: "rtn", bits: 8 }],
  ["q4_0", { method: "q4_0" }],
  ["4 bits, groups of 128", { method: "rtn", bits: 4 }],
  ["3 bits, groups of 128", { method: "rtn", bits: 3 }],
  ["2 bits, groups of 128", { method: "rtn", bits: 2 }],
];
const answers = kVariants.map(([, plan]) =>
  ask(
    () => ({ op: "eval" as const, ...plan, windows: kWindows }),
    () => [bytesArray("text", new TextEncoder().encode(rested.value))],
  ),
);

interface Row {
  name: string;
  found: EvalResponse;
}
const result: Answer<{ rows: Row[] }> = {
  value: computed(() => {
    const rows = kVariants.flatMap(([name], i): Row[] => {
      const found = answers[i]!.value.value;
      return found?.perplexity === undefined ? [] : [{ name, found }];
    });
    return rows.length === kVariants.length ? { rows } : undefined;
  }),
  error: computed(() => answers[0]!.error.value),
  stale: computed(() => answers.some((answer) => answer.stale.value)),
  progress: computed(() => {
    const done = answers.filter((answer) => !answer.stale.value).length;
    return done < answers.length ? done / answers.length : undefined;
  }),
  request: answers[3]!.request,
};

export function OwnText() {
  return (
    <Figure
      title="Your text, read by the model at fewer and fewer bits"
      lead={`The page's own small model reads the first ${whole(kWindows * 512)} bytes and says how surprised it is by each: perplexity 1 would be no surprise, 256 a blind guess.`}
      result={result}
      command={() => ({ op: "eval", text: "text.txt", ...kVariants[3]![1], windows: kWindows })}
      controls={<TextArea field={field} name="Your text" hint="It stays in this tab." />}
      sentence={(r) => {
        const [first, last] = [r.rows[0]!.found, r.rows.at(-1)!.found];
        return (
          <>
            Per byte, the model as trained has perplexity{" "}
            <b class="is-original">{significant(first.perplexity!, 3)}</b> on it; at two bits{" "}
            <b class="is-quantized">{significant(last.perplexity!, 3)}</b>, where its likeliest next byte is
            the same for {decimals(last.top1_agreement! * 100, 0)}&nbsp;% of the text.
          </>
        );
      }}
      table={(r) => ({
        caption: "On your text; the interval is for 95\u00a0%",
        columns: ["weights", "perplexity", "from", "to", "bits a byte", "KL", "same next byte (%)", "model"],
        rows: r.rows.map(({ name, found }) => [
          name,
          significant(found.perplexity!, 5),
          significant(found.perplexity_ci95![0], 4),
          significant(found.perplexity_ci95![1], 4),
          decimals(found.bits_per_byte!, 4),
          significant(found.kl_divergence!, 3),
          decimals(found.top1_agreement! * 100, 1),
          bytes(found.bytes),
        ]),
      })}
    >
      {(r) => (
        <Bars
          label="The perplexity of your text for the model's weights at fewer and fewer bits."
          unit="perplexity of a byte"
          format={(value) => significant(value, 3)}
          legend={[{ kind: "quantized", name: "perplexity", mark: "bar" }]}
          limit={{ value: r.rows[0]!.found.perplexity!, text: "as trained" }}
          rows={r.rows.map(({ name, found }, i) => ({
            name,
            bars: [
              {
                kind: i === 0 ? ("original" as const) : ("quantized" as const),
                value: found.perplexity!,
                text: significant(found.perplexity!, 4),
              },
            ],
          }))}
        />
      )}
    </Figure>
  );
}
