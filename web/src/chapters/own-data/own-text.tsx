import { computed, effect, signal } from "@preact/signals";
import { Bars } from "../../charts/bars";
import type { Answer } from "../../core/ask";
import { type Evaluations, evaluateEach, type OwnText as GivenText } from "../../core/evaluate";
import type { EvalRequest, ModelPlan } from "../../core/requests";
import { Figure } from "../../ui/figure";
import { bytes, decimals, significant, whole } from "../../ui/format";
import { TextArea } from "../../ui/text-area";
import { perplexityBars } from "../shared/measured";

const kStandard =
  "The boat left before the fog had lifted. Nobody on the pier could say afterwards whether two men had been aboard, or three; but the lamp at the bow had been lit, and that, everyone agreed, was like him.";
/** Of a longer text the beginning is scored: so many windows of 512 bytes. */
const kWindows = 2;
const kRestMs = 400;

/** No two texts have one name, or the answers for one would be given for the other. */
let texts = 0;
const given = (written: string): GivenText => {
  texts += 1;
  const encoded = new TextEncoder().encode(written);
  return { name: `own text ${texts}`, bytes: () => encoded };
};

const text = signal(kStandard);
/** What is asked about: the text, once the reader has stopped typing. */
const rested = signal(given(kStandard));
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
      rested.value = given(value);
    }, kRestMs);
  },
};

const kNone = "\u2013";
const kTwoBits = "2 bits, groups of 128";
const kByGptq = "2 bits by GPTQ";
const kVariants: readonly (readonly [name: string, plan: ModelPlan])[] = [
  ["as trained, 16 bits", { method: "none" }],
  ["KV cache in 4 bits", { method: "none", kv_key: "int4", kv_value: "int4" }],
  ["8 bits, groups of 128", { method: "rtn", bits: 8 }],
  ["NF4", { method: "nf4" }],
  ["GGUF Q4_0", { method: "q4_0" }],
  ["4 bits, groups of 128", { method: "rtn", bits: 4 }],
  ["4 bits by AWQ", { method: "awq", bits: 4 }],
  ["4 bits by GPTQ", { method: "gptq", bits: 4 }],
  ["3 bits, groups of 128", { method: "rtn", bits: 3 }],
  [kTwoBits, { method: "rtn", bits: 2 }],
  [kByGptq, { method: "gptq", bits: 2 }],
];
const requests = (): EvalRequest[] =>
  kVariants.map(([, plan]) => ({ op: "eval", ...plan, windows: kWindows }));
const asked = evaluateEach(requests, () => rested.value);

/** The last text that has all its rows: rows of two texts are not to be compared. */
const complete = signal<Evaluations | undefined>(undefined);
effect(() => {
  const { value } = asked.value;
  if (value?.items.every((item) => item)) complete.value = value;
});
const result: Answer<Evaluations> = {
  ...asked,
  value: computed(() => complete.value ?? asked.value.value),
  // What is wrong with the text is wrong in every row.
  error: computed(() => asked.error.value ?? asked.value.value?.refused[0]),
};
const found = ({ items }: Evaluations, name: string) =>
  items[kVariants.findIndex(([known]) => known === name)];

export function OwnText() {
  return (
    <Figure
      title="Your text, read by the model at fewer and fewer bits"
      lead={`The page’s own small model reads the first ${whole(kWindows * 512)} bytes and says how surprised it is by each: perplexity 1 would be no surprise, 256 a blind guess.`}
      result={result}
      command={() => requests().map((request) => ({ ...request, text: "text.txt" }))}
      controls={<TextArea field={field} name="Your text" hint="It stays in this tab." />}
      sentence={(r) => {
        const [first, two, gptq] = [r.items[0], found(r, kTwoBits), found(r, kByGptq)];
        return first && two && gptq ? (
          <>
            Per byte, the model as trained has perplexity{" "}
            <b class="is-original">{significant(first.perplexity, 3)}</b> on it; at two bits{" "}
            <b class="is-quantized">{significant(two.perplexity, 3)}</b>, where its likeliest next byte is the
            same for {decimals(two.top1_agreement * 100, 0)}&nbsp;% of the text. By GPTQ it is{" "}
            <b class="is-quantized">{significant(gptq.perplexity, 3)}</b> in the same bits, and{" "}
            {decimals(gptq.top1_agreement * 100, 0)}&nbsp;%.
          </>
        ) : (
          "The rows come one after the other."
        );
      }}
      table={(r) => ({
        caption: "On your text; the interval is for 95\u00a0%",
        columns: [
          "what is rounded",
          "perplexity",
          "from",
          "to",
          "bits a byte",
          "KL",
          "same next byte (%)",
          "bits a weight",
          "model",
        ],
        rows: kVariants.map(([name], i) => {
          const item = r.items[i];
          return item
            ? [
                name,
                significant(item.perplexity, 5),
                significant(item.perplexity_ci95[0], 4),
                significant(item.perplexity_ci95[1], 4),
                decimals(item.bits_per_byte, 4),
                significant(item.kl_divergence, 3),
                decimals(item.top1_agreement * 100, 1),
                decimals(item.bits_per_weight, 3),
                bytes(item.bytes),
              ]
            : [name, r.refused[i]?.message ?? kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone];
        }),
      })}
    >
      {(r) => (
        <Bars
          label="The perplexity of your text for the model at fewer and fewer bits."
          unit="perplexity a byte"
          format={(value) => significant(value, 3)}
          legend={[
            { kind: "original", name: "as trained", mark: "bar" },
            { kind: "quantized", name: "rounded", mark: "bar" },
          ]}
          limit={r.items[0] ? { value: r.items[0].perplexity, text: "as trained" } : "later"}
          rows={perplexityBars(
            kVariants.map(([name]) => name),
            r.items,
            () => kNone,
          )}
        />
      )}
    </Figure>
  );
}
