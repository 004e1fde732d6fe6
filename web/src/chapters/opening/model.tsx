// The reference model writes twice: as trained, and with its weights in fewer bits.
import { computed, effect } from "@preact/signals";
import type { Answer } from "../../core/ask";
import { type Evaluation, evaluateEach } from "../../core/evaluate";
import { modelFiles, modelStatus } from "../../core/model";
import type { EvalRequest, GenerateRequest, ModelPlan } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { DragNumber } from "../../ui/drag-number";
import { Figure, waitingFor } from "../../ui/figure";
import { bytes, decimals, significant } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { TextLine } from "../../ui/text-line";
import { WrittenText } from "../../ui/written-text";
import { alike, Writer, type Written } from "./writing";

const kFullBits = 16;
const kStops = [2, 3, 4, 5, 6, 7, 8, kFullBits];
const kLength = 220;
const kWindows = 4;

const view = viewState("opening", { weight_bits: 3, prompt: "It was ", seed: 0 });

const planFor = (bits: number): ModelPlan =>
  bits === kFullBits
    ? { method: "none" }
    : { method: "rtn", bits, scheme: "asymmetric", granularity: "group", group_size: 64 };
const evalFor = (bits: number): EvalRequest => ({ op: "eval", ...planFor(bits), windows: kWindows });
const textFor = (bits: number): GenerateRequest => ({
  op: "generate",
  ...planFor(bits),
  prompt: view.value.prompt,
  tokens: kLength,
  seed: view.value.seed,
});

const measured = evaluateEach(() => [evalFor(kFullBits), evalFor(view.value.weight_bits)]);
interface Shown {
  original: Evaluation | undefined;
  quantized: Evaluation | undefined;
}
/** The picture is there before the numbers: an empty one has the same height. */
const result: Answer<Shown> = {
  ...measured,
  value: computed(() => ({
    original: measured.value.value?.items[0],
    quantized: measured.value.value?.items[1],
  })),
  stale: computed(() => measured.stale.value && modelStatus.value.state !== "missing"),
};

const writer = new Writer();
if (!import.meta.env.SSR)
  effect(() => {
    if (modelFiles.value) writer.write([textFor(view.value.weight_bits), textFor(kFullBits)]);
  });

/** Where the two texts part, once both are whole. */
const parted = computed(() => {
  const [original, quantized] = [textFor(kFullBits), textFor(view.value.weight_bits)].map((one) =>
    writer.text(one),
  ) as [Written, Written];
  return original.done && quantized.done ? alike(original.bytes, quantized.bytes) : undefined;
});

const kNone = "\u2013";
const nameOf = (bits: number) =>
  bits === kFullBits ? "16 bits a weight, as trained" : `${bits} bits a weight`;

/** One of the two texts; it alone is drawn again when it grows. */
function Text({ bits, kind }: { bits: number; kind: "original" | "quantized" }) {
  const { bytes: written, probabilities } = writer.text(textFor(bits));
  return (
    <WrittenText
      name={nameOf(bits)}
      kind={kind}
      prompt={view.value.prompt}
      bytes={written}
      probabilities={probabilities}
      waiting={waitingFor(true)}
    />
  );
}

export function Writing() {
  const bits = view.value.weight_bits;
  const field = view.field("weight_bits");
  return (
    <Figure
      title="A small language model writes, here in this tab"
      lead="It has 2.3 million weights, learned from novels by Jane Austen, and writes one byte (a letter, a space, a sign) after another. First as trained, then with its weights rounded. Each byte is drawn by lot, at the odds that the model gives it; both models draw the same lots, so every difference comes from rounding. The tint behind a byte says how likely the model thought it."
      result={result}
      view={view}
      command={() => [evalFor(bits), textFor(bits)]}
      controls={
        <>
          <Slider
            field={field}
            name="Bits for each weight"
            minimum={2}
            maximum={kFullBits}
            stops={kStops}
            unit="bits"
          />
          <TextLine field={view.field("prompt")} name="How the text begins" />
          <div class="control">
            <span class="control-name">Another text</span>
            <button
              type="button"
              class="plain-button"
              onClick={() => view.set({ seed: view.value.seed + 1 })}
            >
              draw again
            </button>
          </div>
        </>
      }
      sentence={({ original: before, quantized: after }) =>
        before && after ? (
          <>
            At <DragNumber field={field} name="Bits for each weight" minimum={2} maximum={8} /> bits the model
            takes <b class="is-quantized">{bytes(after.bytes)}</b> instead of{" "}
            <b class="is-original">{bytes(before.bytes)}</b>. It needs{" "}
            <b class="is-error">{decimals(after.bits_per_byte, 3)}</b> bits to guess a byte of a text it has
            never seen, {decimals(before.bits_per_byte, 3)} as trained, and its likeliest next byte is the
            same at {decimals(after.top1_agreement * 100, 1)}&nbsp;% of the places.{" "}
            {bits === kFullBits
              ? "Turn the bits down and read."
              : parted.value === undefined
                ? ""
                : parted.value === 0
                  ? "The two texts part at their first byte."
                  : `The two texts are the same for ${parted.value} ${parted.value === 1 ? "byte" : "bytes"}.`}
          </>
        ) : (
          (waitingFor(true) ?? "")
        )
      }
      table={({ original: before, quantized: after }) => ({
        caption: "The first 2,048 bytes of the evaluation text; brackets: 95\u00a0% intervals",
        columns: ["what", "as trained", nameOf(bits)],
        rows: [
          ["bits a weight", ...pair(before, after, (r) => decimals(r.bits_per_weight, 3))],
          ["bytes of the model", ...pair(before, after, (r) => r.bytes.toLocaleString("en"))],
          ["bits a byte", ...pair(before, after, (r) => within(r.bits_per_byte, r.bits_per_byte_ci95))],
          ["perplexity a byte", ...pair(before, after, (r) => within(r.perplexity, r.perplexity_ci95))],
          [
            "bits a byte more than as trained",
            ...pair(before, after, (r) => within(r.bits_per_byte_increase, r.bits_per_byte_increase_ci95)),
          ],
          ["same likeliest byte (%)", ...pair(before, after, (r) => decimals(r.top1_agreement * 100, 2))],
        ],
      })}
    >
      {({ original: before, quantized: after }) => (
        <>
          <div class="written-pair">
            <Text bits={kFullBits} kind="original" />
            <Text bits={bits} kind="quantized" />
          </div>
          <dl class="figures-row is-even">
            <Reading
              name="size"
              value={after ? bytes(after.bytes) : kNone}
              of={before ? `of ${bytes(before.bytes)}` : ""}
            />
            <Reading
              name="bits a byte"
              value={after ? decimals(after.bits_per_byte, 3) : kNone}
              of={before ? `from ${decimals(before.bits_per_byte, 3)}` : ""}
            />
            <Reading
              name="perplexity a byte"
              value={after ? significant(after.perplexity, 4) : kNone}
              of={before ? `from ${significant(before.perplexity, 4)}` : ""}
            />
            <Reading
              name="same next byte"
              value={after ? `${decimals(after.top1_agreement * 100, 1)}\u00a0%` : kNone}
              of=""
            />
          </dl>
        </>
      )}
    </Figure>
  );
}

const pair = (
  a: Evaluation | undefined,
  b: Evaluation | undefined,
  write: (r: Evaluation) => string,
): string[] => [a ? write(a) : kNone, b ? write(b) : kNone];
const within = (value: number, [low, high]: readonly [number, number]): string =>
  `${significant(value, 4)} [${significant(low, 4)}, ${significant(high, 4)}]`;

function Reading({ name, value, of }: { name: string; value: string; of: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value} <small>{of}</small>
      </dd>
    </div>
  );
}
